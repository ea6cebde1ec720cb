import Scheduler

/// Hints on their way between servers: some are lost, some come twice, and any may be late; and Redis itself
/// comes and goes.
struct SimulatedRedis {
    private var onTheWay: [(place: Int, text: String)] = []
    /// Without it no hint is sent, and what was on its way is lost.
    var isUp = true { didSet { if !isUp { onTheWay = [] } } }

    mutating func publish(
        _ hint: Hint,
        to places: some Sequence<Int>,
        _ random: inout some RandomNumberGenerator
    ) {
        guard isUp else { return }
        for place in places {
            let copies = [0, 0, 1, 1, 1, 2, 3].randomElement(using: &random) ?? 1
            for _ in 0..<copies { onTheWay.append((place, hint.text)) }
        }
    }

    /// Takes any of the hints for a server, so that some come late.
    mutating func next(for place: Int, _ random: inout some RandomNumberGenerator) -> Hint? {
        let own = onTheWay.indices.filter { onTheWay[$0].place == place }
        return own.randomElement(using: &random).flatMap { Hint(onTheWay.remove(at: $0).text) }
    }
}

extension Transition {
    /// What other servers are told once it is written, as the engine tells them.
    var hints: [Hint] {
        var hints = Set(tasks.filter { $0.storedStatus == .ready }.map(\.queue)).sorted().map {
            Hint.work(queue: $0)
        }
        if !cancels.isEmpty { hints.append(.cancel(run)) }
        if ends != nil { hints.append(.ended(run)) }
        return hints
    }
}

import Linux

/// Lanes in which one run follows the other: the next starts when the one before has ended.
final class SoakLoad: Sendable {
    private struct State {
        var ended = 0
        var isOver = false
        var failure: (any Error)?
    }

    private let state = Locked(State())
    private let lanes: [DedicatedThread]

    /// Applies the workflows and starts the lanes; every third lane is of runs that are undone.
    init(_ api: PawlAPI, lanes count: Int) throws {
        let ledger = Ledger("/dev/null")
        let kinds: [ChaosWorkflow.Kind] = [.orders, .orders, .undone]
        for kind in Set(kinds) { try api.apply(kind.definition(ledger)) }
        let state = state
        lanes = (0..<count).map { lane in
            DedicatedThread("soak \(lane)") { Self.follow(kinds[lane % kinds.count], api, state) }
        }
    }

    private static func follow(_ kind: ChaosWorkflow.Kind, _ api: PawlAPI, _ state: Locked<State>) {
        do {
            while !state.withLock({ $0.isOver }) {
                _ = try api.end(of: try api.start(kind.rawValue))
                state.withLock { $0.ended += 1 }
            }
        } catch {
            state.withLock { $0.failure = $0.failure ?? error }
        }
    }

    /// How many runs have ended.
    ///
    /// - Throws: What ended a lane.
    func ended() throws -> Int {
        let now = state.withLock { $0 }
        if let failure = now.failure { throw failure }
        return now.ended
    }

    /// Returns when the last run of each lane has ended.
    func stop() throws {
        state.withLock { $0.isOver = true }
        for lane in lanes { lane.join() }
        _ = try ended()
    }
}

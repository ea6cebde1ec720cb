import HTTP
import Linux
import Scheduler

/// Requests that wait for a run to change; none of them costs a thread.
///
/// A change in this process, or a hint of another, wakes a request at once; without hints each is looked at
/// once a second.
final class LongPolls: Sendable {
    /// Looks again; nil goes on waiting.
    ///
    /// The last look must answer.
    typealias Look = @Sendable (Reader, _ isLast: Bool) throws -> HTTPResponse?

    private struct Poll: Sendable {
        var run: RunID
        var deadline: MonotonicTime
        var responder: Responder
        var look: Look
        var watch: RunWatchers.Watch
    }

    private struct State: Sendable {
        var next = 0
        var polls: [Int: Poll] = [:]
        var changed: Set<Int> = []
    }

    static let interval = Duration.seconds(1)

    private let watchers: RunWatchers
    private let readers: ReaderPool
    private let state = Locked(State())
    private let inbox = Mailbox<Void>()
    private let thread = Locked<DedicatedThread?>(nil)

    init(watchers: RunWatchers, readers: ReaderPool) {
        self.watchers = watchers
        self.readers = readers
    }

    func start() {
        let started = DedicatedThread("pawl-polls") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Answers whoever waits with what there is, and ends.
    func stop() {
        inbox.close()
        thread.withLock { $0 }?.join()
    }

    /// Looks at once, and gives what there is; with nil it answers later, at the latest at the deadline.
    ///
    /// With `everyMove` each growth of the history is worth a look, else only the end.
    func wait(
        for run: RunID,
        until deadline: MonotonicTime,
        everyMove: Bool,
        _ reader: Reader,
        _ responder: Responder,
        _ look: @escaping Look
    ) throws -> HTTPResponse? {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let watch = watchers.watch(run) { [self] change in
            guard case .moved(let ended) = change else { return }
            // What ended here needs no question whether it has.
            if ended { self.look(number, isLast: true) } else if everyMove { wake(number) }
        }
        state.withLock {
            $0.polls[number] = Poll(
                run: run,
                deadline: deadline,
                responder: responder,
                look: look,
                watch: watch
            )
        }
        do {
            // After the watch, so that no change is missed between the two.
            guard let response = try look(reader, false) else { return nil }
            forget(number)
            return response
        } catch {
            forget(number)
            throw error
        }
    }

    private func wake(_ number: Int) {
        let isFirst = state.withLock { state in
            defer { state.changed.insert(number) }
            return state.changed.isEmpty
        }
        if isFirst { inbox.nudge() }
    }

    private func run() {
        var nextRound = MonotonicTime.now + Self.interval
        while inbox.take(1, until: min(nextRound, firstDeadline)) != nil {
            let all = MonotonicTime.now >= nextRound
            if all { nextRound = .now + Self.interval }
            lookAt(due(all: all))
        }
        for number in state.withLock({ Array($0.polls.keys) }) { look(number, isLast: true) }
    }

    private var firstDeadline: MonotonicTime {
        state.withLock { $0.polls.values.map(\.deadline).min() ?? .distantFuture }
    }

    private func due(all: Bool) -> [Int] {
        let now = MonotonicTime.now
        return state.withLock { state in
            defer { state.changed.removeAll() }
            return state.polls.compactMap { number, poll in
                all || poll.deadline <= now || state.changed.contains(number) ? number : nil
            }
        }
    }

    private func lookAt(_ numbers: [Int]) {
        for number in numbers {
            let isLast = state.withLock { $0.polls[number].map { $0.deadline <= .now } ?? true }
            look(number, isLast: isLast)
        }
    }

    private func look(_ number: Int, isLast: Bool) {
        guard let poll = state.withLock({ $0.polls[number] }) else { return }
        if isLast { forget(number) }
        let taken = readers.submit(for: "a waiting request", poll.responder) { [self] reader in
            do {
                guard let response = try poll.look(reader, isLast) else { return nil }
                forget(number)
                return response
            } catch {
                forget(number)
                throw error
            }
        }
        if !taken && isLast {
            poll.responder.answer(Problem.unavailable("the server is busy or stopping").response)
        }
    }

    private func forget(_ number: Int) {
        if let poll = state.withLock({ $0.polls.removeValue(forKey: number) }) { watchers.cancel(poll.watch) }
    }
}

import Linux
import Redis

/// Sends and receives hints through Redis, on two threads of its own.
///
/// Nothing depends on it: hints may be lost, doubled or late, and without Redis they are dropped while the
/// dispatcher polls.
public final class Notifier: HintPublisher {
    /// Goes before each hint, so that a process does not listen to itself.
    private let origin = WorkerID.random().description
    /// Hints that wait to be sent; more are dropped, since whoever polls finds the work anyway.
    private static let backlogLimit = 10_000

    private let configuration: RedisConfiguration
    private let outbox = Mailbox<Hint>()
    private let waker = Waker()
    private let state = Locked(State())

    private struct State: Sendable {
        var isStopping = false
        var isSending = false
        var isReceiving = false
        /// Other processes listen, so that hints are worth sending.
        var hasAudience = true
        var threads: [DedicatedThread] = []
        var problem: String?
    }

    /// What to do about the hints of other processes; called on the receiving thread, must not block.
    struct Receiver: Sendable {
        var work: @Sendable (_ queue: String) -> Void
        var cancel: @Sendable (RunID) -> Void
        var ended: @Sendable (RunID) -> Void
    }

    public init(_ configuration: RedisConfiguration) {
        self.configuration = configuration
    }

    /// Whether hints go both ways now.
    public var isConnected: Bool { state.withLock { $0.isSending && $0.isReceiving } }

    /// What is wrong with Redis; nil while it works.
    public var problem: String? { state.withLock { $0.problem } }

    /// Sends the engine's hints, and wakes what the hints of other processes are for.
    public func start(engine: Engine, dispatcher: Dispatcher?, lease: LeaseKeeper?) {
        let queues = Set(engine.worker?.configuration.queues ?? [])
        start(
            Receiver(
                work: { queue in if queues.contains(queue) { dispatcher?.hint() } },
                cancel: { _ in lease?.wake() },
                ended: { engine.watchers.changed($0, ended: true) }
            )
        )
    }

    func start(_ receiver: Receiver) {
        let threads = [
            DedicatedThread("pawl-hints-out") { [self] in sendAll() },
            DedicatedThread("pawl-hints-in") { [self] in receiveAll(receiver) },
        ]
        state.withLock { $0.threads = threads }
    }

    public func stop() {
        let threads = state.withLock { state in
            state.isStopping = true
            return state.threads
        }
        outbox.close()
        waker.wake()
        for thread in threads { thread.join() }
    }

    public func work(in queue: String) { send(.work(queue: queue)) }
    public func cancel(run: RunID) { send(.cancel(run)) }
    public func ended(run: RunID) { send(.ended(run)) }

    private func send(_ hint: Hint) {
        guard state.withLock({ $0.hasAudience }), outbox.count < Self.backlogLimit else { return }
        outbox.send(hint)
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }
}

// MARK: - Sending

extension Notifier {
    private func sendAll() {
        let connection = RedisConnection(configuration)
        var backoff = Backoff()
        var nextCount = MonotonicTime.now
        while let hints = outbox.take(1_000, until: nextCount) {
            do {
                if !connection.isOpen { try connection.reopen() }
                try send(hints, over: connection)
                if MonotonicTime.now >= nextCount {
                    try countAudience(over: connection)
                    nextCount = .now + .seconds(1)
                }
                backoff.reset()
                state.withLock { state in
                    state.isSending = true
                    if state.isReceiving { state.problem = nil }
                }
            } catch {
                connection.close()
                state.withLock { state in
                    state.isSending = false
                    state.problem = error.message
                }
                _ = outbox.waitForClose(until: .now + backoff.next())
            }
        }
    }

    /// Sees once a second that the server is there, and whether anybody but this process listens.
    ///
    /// Who begins to listen meanwhile misses hints for a second, and polls as often anyway.
    private func countAudience(over connection: RedisConnection) throws(RedisError) {
        let reply = try connection.command(["PUBSUB", "NUMSUB", .text(Hint.channel)])
        let listeners = reply.array?.last?.integer ?? 0
        state.withLock { $0.hasAudience = listeners > ($0.isReceiving ? 1 : 0) }
    }

    /// One round trip for all that has collected; a hint that comes twice is sent once.
    private func send(_ hints: [Hint], over connection: RedisConnection) throws(RedisError) {
        let distinct = Set(hints)
        guard !distinct.isEmpty else { return }
        _ = try connection.pipeline(
            distinct.map { ["PUBLISH", .text(Hint.channel), .text("\(origin) \($0.text)")] }
        )
    }
}

// MARK: - Receiving

extension Notifier {
    private func receiveAll(_ receiver: Receiver) {
        let connection = RedisConnection(configuration)
        var backoff = Backoff()
        while !isStopping {
            do {
                try connection.reopen()
                try connection.subscribe(to: [Hint.channel])
                state.withLock { $0.isReceiving = true }
                backoff.reset()
                try receive(from: connection, receiver)
            } catch {
                connection.close()
                state.withLock { state in
                    state.isReceiving = false
                    state.problem = error.message
                }
                waker.wait(until: .now + backoff.next())
            }
        }
    }

    private func receive(from connection: RedisConnection, _ receiver: Receiver) throws(RedisError) {
        while !isStopping {
            guard case .received(let message) = try connection.nextMessage(waker: waker) else { continue }
            let parts = String(decoding: message.payload, as: UTF8.self).split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0] != origin else { continue }
            switch Hint(String(parts[1])) {
            case .work(let queue): receiver.work(queue)
            case .cancel(let run): receiver.cancel(run)
            case .ended(let run): receiver.ended(run)
            case nil: continue
            }
        }
    }
}

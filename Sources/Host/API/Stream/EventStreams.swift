import HTTP
import Linux
import Postgres
import Scheduler

/// The listeners of `GET /v1/stream`, served by one thread with connections of its own.
///
/// Postgres is the truth: changes of this process only make it look sooner than twice a second. Without
/// listeners it asks nothing. A client's place is in the ids that it was sent, so it goes on at any server.
final class EventStreams: Sendable {
    private struct State: Sendable {
        var next = 0
        var listeners: [Int: StreamListener] = [:]
    }

    /// How often the database is looked at without a hint, and how often at most with them.
    private static let interval = Duration.milliseconds(500)
    private static let pause = Duration.milliseconds(100)
    /// Queues and workers are counted at most so often: that reads all tasks.
    private static let countInterval = Duration.seconds(2)
    private static let heartbeat = Duration.seconds(15)
    /// A client that takes nothing for so long is cut off; it can come back.
    private static let patience = Duration.seconds(30)

    private let engine: Engine
    private let database: PostgresConfiguration
    private let log: Log
    private let state = Locked(State())
    private let inbox = Mailbox<Void>()
    private let thread = Locked<DedicatedThread?>(nil)

    init(engine: Engine, database: PostgresConfiguration, log: Log) {
        self.engine = engine
        self.database = database
        self.log = log
    }

    func start() {
        let started = DedicatedThread("pawl-streams") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Ends all streams; clients go on with their last ids at another server, or at this one restarted.
    func stop() {
        inbox.close()
        thread.withLock { $0 }?.join()
        for number in state.withLock({ Array($0.listeners.keys) }) { end(number) }
    }

    /// Answers with a stream of these topics, from a cursor or from now.
    func listen(to topics: Set<StreamTopic>, from cursor: StreamCursor?, _ responder: Responder) {
        var listener = StreamListener(topics: topics, stream: ResponseStream())
        listener.cursor = cursor
        listener.watches = topics.compactMap { topic in
            switch topic {
            case .run(let run): engine.watchers.watch(run) { [inbox] _ in inbox.nudge() }
            case .runs: engine.watchers.watchAll { [inbox] _ in inbox.nudge() }
            case .queues, .workers: nil
            }
        }
        let headers: HTTPHeaders = [
            "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
        ]
        listener.stream.write(Array("retry: 1000\n\n".utf8))
        responder.answer(HTTPResponse(status: 200, headers: headers, body: .stream(listener.stream)))
        state.withLock { state in
            state.next += 1
            state.listeners[state.next] = listener
        }
        inbox.nudge()
    }

    private func end(_ number: Int) {
        guard let listener = state.withLock({ $0.listeners.removeValue(forKey: number) }) else { return }
        for watch in listener.watches { engine.watchers.cancel(watch) }
        listener.stream.close()
    }
}

// MARK: - The thread

extension EventStreams {
    private func run() {
        let reader = Reader(database)
        var feed: RunsFeed?
        var nextCount = MonotonicTime.now
        var deadline = MonotonicTime.distantFuture
        while inbox.take(1, until: deadline) != nil {
            let listeners = state.withLock { $0.listeners }
            guard !listeners.isEmpty else {
                feed = nil
                deadline = .distantFuture
                continue
            }
            let start = MonotonicTime.now
            do {
                try pass(listeners, reader, &feed, &nextCount)
            } catch {
                log.report(error as? StoreError ?? .refused(message: "\(error)"), by: "streams")
                feed = nil
                for number in listeners.keys { state.withLock { $0.listeners[number]?.isCurrent = false } }
            }
            for number in listeners.keys { keepAlive(number) }
            deadline = .now + Self.interval
            // Many changes in a row are one look, and looks take a quarter of the time at most.
            let pause = max(Self.pause, (.now - start) * 3)
            if inbox.waitForClose(until: .now + pause) { break }
        }
    }

    private func pass(
        _ listeners: [Int: StreamListener],
        _ reader: Reader,
        _ feed: inout RunsFeed?,
        _ nextCount: inout MonotonicTime
    ) throws {
        let now = engine.clock.now
        let topics = listeners.values.reduce(into: Set<StreamTopic>()) { $0.formUnion($1.topics) }
        var changed: Set<RunID> = []
        if topics.contains(.runs) {
            var current = feed ?? RunsFeed()
            changed = try current.look(reader.runs, now: now)
            feed = current
        } else {
            feed = nil
        }
        var entities: [StreamEntity]?
        let isUncounted = listeners.values.contains { !$0.wasGreeted }
        if !topics.isDisjoint(with: [.queues, .workers]), isUncounted || .now >= nextCount {
            entities = try StreamEntity.all(of: topics, reader.operations)
            nextCount = .now + Self.countInterval
        }
        let pass = StreamPass(runs: try reader.runs, now: now, changed: changed, entities: entities)
        for (number, listener) in listeners { try send(pass, to: number, listener) }
    }

    private func send(_ pass: StreamPass, to number: Int, _ listener: StreamListener) throws {
        var told = listener
        let events = try pass.events(for: &told)
        let id = told.cursor?.text ?? ""
        let bytes = events.enumerated().flatMap { index, event in
            event.bytes(id: index == events.count - 1 ? id : "")
        }
        if !bytes.isEmpty {
            switch listener.stream.write(bytes) {
            case .ended: return end(number)
            case .full: return holdBack(number)
            case .accepted:
                told.lastWrite = .now
                told.stuckSince = nil
            }
        }
        state.withLock { if $0.listeners[number] != nil { $0.listeners[number] = told } }
    }

    /// A client that reads too slowly stays where it is, and is told later what is true then.
    private func holdBack(_ number: Int) {
        let isLost = state.withLock { state in
            let since = state.listeners[number]?.stuckSince ?? .now
            state.listeners[number]?.stuckSince = since
            state.listeners[number]?.isCurrent = false
            return MonotonicTime.now - since > Self.patience
        }
        if isLost { end(number) }
    }

    /// A comment shows that both ends are there; its id lets a client that heard nothing go on from now.
    private func keepAlive(_ number: Int) {
        guard let listener = state.withLock({ $0.listeners[number] }), let cursor = listener.cursor,
            MonotonicTime.now - listener.lastWrite > Self.heartbeat
        else { return }
        let bytes = Array("id: \(cursor.text)\n: still here\n\n".utf8)
        guard listener.stream.write(bytes) != .ended else { return end(number) }
        state.withLock { $0.listeners[number]?.lastWrite = .now }
    }
}

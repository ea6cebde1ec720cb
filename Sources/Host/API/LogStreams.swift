import HTTP
import JSON
import Linux
import Scheduler

/// Followers of step logs: server-sent events, one a line, until the run has ended and its last line is sent.
///
/// Postgres is read after each hint that there is more, and once a second without one; so a follower sees the
/// lines of every worker, and none is lost at the end.
final class LogStreams: Sendable {
    /// What of a run's logs is followed.
    struct Selection: Sendable {
        var run: RunID
        var step: Int?
        var attempt: Int?
        /// The position after which to go on.
        var position: Int64
    }

    private struct Follower: Sendable {
        var selection: Selection
        var stream: ResponseStream
        var responder: Responder
        var watch: RunWatchers.Watch
        /// A read is under way; the next begins when it is done.
        var isReading = false
        var hasMore = true
    }

    private struct State: Sendable {
        var next = 0
        var followers: [Int: Follower] = [:]
    }

    private static let interval = Duration.seconds(1)
    private static let pageLimit = 500

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
        let started = DedicatedThread("pawl-log-streams") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Ends all streams; a client goes on later with the id of its last event.
    func stop() {
        inbox.close()
        thread.withLock { $0 }?.join()
        for number in state.withLock({ Array($0.followers.keys) }) { end(number) }
    }

    /// Answers with a stream of the lines after the selection's position.
    func follow(_ selection: Selection, _ responder: Responder) {
        let stream = ResponseStream()
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let watch = watchers.watch(selection.run) { [self] _ in wake(number) }
        let follower = Follower(selection: selection, stream: stream, responder: responder, watch: watch)
        state.withLock { $0.followers[number] = follower }
        let headers: HTTPHeaders = ["Content-Type": "text/event-stream", "Cache-Control": "no-store"]
        responder.answer(HTTPResponse(status: 200, headers: headers, body: .stream(stream)))
        inbox.nudge()
    }

    private func wake(_ number: Int) {
        state.withLock { $0.followers[number]?.hasMore = true }
        inbox.nudge()
    }

    private func run() {
        var nextRound = MonotonicTime.now
        while inbox.take(1, until: nextRound) != nil {
            let isRound = MonotonicTime.now >= nextRound
            if isRound { nextRound = .now + Self.interval }
            for number in claim(all: isRound) { read(number) }
        }
    }

    /// Those to be read now, marked as being read.
    private func claim(all: Bool) -> [Int] {
        state.withLock { state in
            let numbers = state.followers.filter { !$0.value.isReading && (all || $0.value.hasMore) }.map(
                \.key
            )
            for number in numbers {
                state.followers[number]?.isReading = true
                state.followers[number]?.hasMore = false
            }
            return numbers
        }
    }

    private func read(_ number: Int) {
        guard let follower = state.withLock({ $0.followers[number] }) else { return }
        let taken = readers.submit(for: "a stream of logs", follower.responder) { [self] reader in
            defer { state.withLock { $0.followers[number]?.isReading = false } }
            try send(follower, number, reader)
            return nil
        }
        if !taken { state.withLock { $0.followers[number]?.isReading = false } }
    }

    /// Sends what is new; what the run wrote before its end is read after the end was seen.
    private func send(_ follower: Follower, _ number: Int, _ reader: Reader) throws {
        let selection = follower.selection
        let runs = try reader.runs
        let isLive = try runs.isLive(selection.run)
        let lines = try runs.logs(
            of: selection.run,
            step: selection.step,
            attempt: selection.attempt,
            after: selection.position,
            limit: Self.pageLimit
        )
        let paths = lines.isEmpty ? [:] : try HistoryResource.paths(of: selection.run, reader)
        // A comment shows whether the client is still there.
        var text = lines.isEmpty ? Array(": still here\n\n".utf8) : []
        for line in lines {
            let data = RunJSON.line(line, path: paths[line.line.step]).serialized()
            text += ServerSentEvent(event: "log", data: data, id: String(line.position)).bytes
        }
        guard follower.stream.write(text) == .accepted else { return end(number) }
        if let last = lines.last {
            state.withLock { $0.followers[number]?.selection.position = last.position }
        }
        if lines.count == Self.pageLimit { return wake(number) }
        if !isLive { end(number) }
    }

    private func end(_ number: Int) {
        guard let follower = state.withLock({ $0.followers.removeValue(forKey: number) }) else { return }
        watchers.cancel(follower.watch)
        follower.stream.close()
    }
}

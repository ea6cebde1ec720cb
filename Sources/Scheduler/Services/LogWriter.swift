import Linux

/// Writes what steps log, in batches and off the hot path.
///
/// A step's end waits for its last lines, so whoever sees it ended finds them all. A step that logs nothing
/// waits for nothing.
public final class LogWriter: Sendable {
    /// Lines of one attempt beyond this many are counted, not kept; the first and the last say the most.
    static let linesLimit = 10_000

    private enum Message: Sendable {
        case line(LoggedLine)
        case flushed(@Sendable () -> Void)
    }

    private let inbox = Mailbox<Message>()
    private let thread = Locked<DedicatedThread?>(nil)
    private let write: @Sendable ([LoggedLine]) throws(StoreError) -> Void
    private let observe: @Sendable (LoggedLine) -> Void

    /// - Parameters:
    ///   - write: Writes lines to the store; blocks.
    ///   - observe: Sees each line at once, for those who follow live.
    init(
        write: @escaping @Sendable ([LoggedLine]) throws(StoreError) -> Void,
        observe: @escaping @Sendable (LoggedLine) -> Void
    ) {
        self.write = write
        self.observe = observe
    }

    func start() {
        let started = DedicatedThread("pawl-logs") { [self] in run() }
        thread.withLock { $0 = started }
    }

    func stop() {
        inbox.close()
        thread.withLock { $0 }?.join()
    }

    func stream(of task: ClaimedTask) -> Stream {
        Stream(task: task, writer: self)
    }

    private func run() {
        while let messages = inbox.take(1_000) {
            let entries = messages.compactMap { if case .line(let entry) = $0 { entry } else { nil } }
            if !entries.isEmpty { writeStubbornly(entries) }
            for case .flushed(let done) in messages { done() }
        }
    }

    /// Tries until the database is back: a step's end is worth more with its lines, and waits at most as long
    /// as it would itself.
    private func writeStubbornly(_ entries: [LoggedLine]) {
        var backoff = Backoff()
        while true {
            do {
                CrashPoint.pass("logs.before-write")
                try write(entries)
                return CrashPoint.pass("logs.after-write")
            } catch StoreError.refused {
                return
            } catch {
                if inbox.waitForClose(until: .now + backoff.next()) { return }
            }
        }
    }
}

extension LogWriter {
    /// The lines of one attempt, in order.
    final class Stream: Sendable {
        private let task: ClaimedTask
        private let writer: LogWriter
        private let count = Locked(0)

        fileprivate init(task: ClaimedTask, writer: LogWriter) {
            self.task = task
            self.writer = writer
        }

        func append(_ line: LogLine) {
            let number = count.withLock { count in
                count += 1
                return count
            }
            guard number <= LogWriter.linesLimit else { return }
            send(line, number: number)
        }

        /// Calls `done` when all lines are written.
        func close(_ done: @escaping @Sendable () -> Void) {
            let total = count.withLock { $0 }
            guard total > 0 else { return done() }
            if total > LogWriter.linesLimit {
                let dropped = total - LogWriter.linesLimit
                let text =
                    "\(dropped) further lines were not kept; the limit is \(LogWriter.linesLimit) an attempt"
                send(LogLine(at: .now, level: .warning, message: text), number: LogWriter.linesLimit + 1)
            }
            // A closed mailbox no longer writes; the end is still to be reported.
            if !writer.inbox.send(.flushed(done)) { done() }
        }

        private func send(_ line: LogLine, number: Int) {
            let entry = LoggedLine(
                run: task.run,
                step: task.step,
                attempt: task.attempt,
                token: task.token,
                number: number,
                line: line
            )
            writer.observe(entry)
            writer.inbox.send(.line(entry))
        }
    }
}

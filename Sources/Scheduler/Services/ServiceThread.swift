import Linux

/// The loop that services share: a turn, a wait, a turn; on a thread of its own, with back-off after
/// failures.
final class ServiceThread: Sendable {
    private let inbox = Mailbox<Void>()
    private let thread = Locked<DedicatedThread?>(nil)

    /// Starts the loop.
    ///
    /// `turn` does what is due and says how long to wait at the most, which a wake shortens; `failed` is told
    /// of each failure.
    func start(
        _ name: String,
        turn: @escaping @Sendable () throws(StoreError) -> Duration,
        failed: @escaping @Sendable (StoreError) -> Void
    ) {
        let started = DedicatedThread(name) { [inbox] in
            var backoff = Backoff()
            var wait = Duration.zero
            while inbox.take(1, until: .now + wait) != nil {
                do throws(StoreError) {
                    wait = try turn()
                    backoff.reset()
                } catch {
                    failed(error)
                    wait = backoff.next()
                }
            }
        }
        thread.withLock { $0 = started }
    }

    func wake() {
        inbox.nudge()
    }

    func stop() {
        inbox.close()
        thread.withLock { $0 }?.join()
    }
}

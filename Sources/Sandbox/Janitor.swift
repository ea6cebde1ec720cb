import Linux

/// The thread that does what may take its time after a command has ended.
final class Janitor: Sendable {
    private let work = BlockingQueue<@Sendable () -> Void>()
    private let thread = Locked<DedicatedThread?>(nil)

    init() {
        let work = self.work
        thread.withLock {
            $0 = DedicatedThread("janitor", stackBytes: 256 << 10) {
                while let task = work.pop() { task() }
            }
        }
    }

    func perform(_ task: @escaping @Sendable () -> Void) { work.push(task) }

    /// Blocks until everything is done.
    func close() {
        work.close()
        thread.withLock { $0 }?.join()
    }
}

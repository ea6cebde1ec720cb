import Linux

/// A thread that does what may take its time after a command has ended.
final class Janitor: Sendable {
    private let work = BlockingQueue<@Sendable () -> Void>()
    private let end = Waker()

    init(_ name: String) {
        DedicatedThread(name, stackBytes: 256 << 10) { [work, end] in
            while let task = work.pop() { task() }
            end.wake()
        }
    }

    func perform(_ task: @escaping @Sendable () -> Void) { work.push(task) }

    /// Blocks until everything is done, or so long; says whether it is.
    @discardableResult
    func close(within patience: Duration? = nil) -> Bool {
        work.close()
        return end.wait(until: patience.map { .now + $0 }) == .woken
    }
}

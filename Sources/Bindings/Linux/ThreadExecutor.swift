/// Runs the jobs of tasks that prefer it on one thread of its own, which they may block.
///
/// For `withTaskExecutorPreference`. Call `end()` when no task prefers it any more.
public final class ThreadExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var hasEnded = false
    }

    private let state = Monitor(State())

    /// Starts the thread, called `name`, with a stack of `stackBytes`.
    public init(_ name: String, stackBytes: Int = 2 << 20) {
        DedicatedThread(name, stackBytes: stackBytes) { [self] in
            while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
    }

    /// Ends the thread once it has run what was handed to it.
    public func end() { state.withLock { $0.hasEnded = true } }

    private func next() -> UnownedJob? {
        state.wait { state -> UnownedJob?? in
            if !state.jobs.isEmpty { return .some(state.jobs.removeFirst()) }
            return state.hasEnded ? .some(nil) : nil
        } ?? nil
    }
}

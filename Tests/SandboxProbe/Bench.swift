import Linux
import Sandbox

/// Runs a command again and again, a number of them at once.
struct Bench {
    private let sandbox: Sandbox
    private let folder: String
    private let inFlight: Int
    private let arguments: [String]
    private let isolation: Isolation
    private let ended = BlockingQueue<Ending>()

    init(_ sandbox: Sandbox, _ folder: String, _ inFlight: Int, _ arguments: [String], _ isolation: Isolation)
    {
        self.sandbox = sandbox
        self.folder = folder
        self.inFlight = inFlight
        self.arguments = arguments
        self.isolation = isolation
    }

    /// Warms up, runs `count` commands, prints the cost, and checks that nothing is left of them.
    func run(_ count: Int) throws {
        _ = try steps(2 * inFlight)
        let before = Census(scratch: folder)
        let (start, processor) = (MonotonicTime.now, ThisProcess.processorTime)
        let steps = try steps(count)
        let (wall, engine) = (MonotonicTime.now - start, ThisProcess.processorTime - processor)
        print(
            "\(inFlight) in flight: \(Int64(count) * 1_000_000_000 / wall.wholeNanoseconds) a second,",
            "engine \(engine.wholeNanoseconds / 1_000 / Int64(count)) µs,",
            "step \(steps.wholeNanoseconds / 1_000 / Int64(count)) µs a command"
        )
        waitUntilNothingIsLeft(before)
    }

    /// Runs some commands and returns the processor time of all their processes.
    private func steps(_ count: Int) throws -> Duration {
        var sum = Duration.zero
        for _ in 0..<min(inFlight, count) { try submit() }
        for number in 0..<count {
            guard let ending = ended.pop() else { break }
            precondition(ending.outcome == .exited(0), "\(ending.outcome)")
            sum += ending.receipt.user + ending.receipt.system
            if number + inFlight < count { try submit() }
        }
        return sum
    }

    private func submit() throws {
        var command = Command(arguments, in: try sandbox.makeScratch(), timeout: .seconds(60))
        command.environment = ["PATH=/usr/bin:/bin"]
        command.limits.isolation = isolation
        sandbox.start(command) { ended.push($0) }
    }

    private func waitUntilNothingIsLeft(_ before: Census) {
        let limit = MonotonicTime.now + .seconds(10)
        while true {
            let now = Census(scratch: folder)
            if now.isWithin(before, inFlight: inFlight) { return }
            precondition(MonotonicTime.now < limit, "before: \(before); now: \(now)")
            ThisProcess.yield()
        }
    }
}

extension Census {
    /// A command in flight may hold a supervisor, its socket and pidfd, and a scratch folder.
    ///
    /// On a busy host a supervisor may come free before one that was started for the same command is there;
    /// the pool keeps both, so twice as many are still no leak.
    fileprivate func isWithin(_ before: Census, inFlight: Int) -> Bool {
        let supervisors = max(before.children, inFlight) + inFlight
        return children <= supervisors && folders <= inFlight + 2
            && descriptors <= before.descriptors + 2 * (supervisors - before.children)
    }
}

import Linux
import Sandbox

/// A process that uses the sandbox, for tests that kill or stop it and for measurements.
///
/// `SandboxProbe hold FOLDER TIMEOUT-MS COMMAND...` runs a command, prints its outcome and ends.
/// `SandboxProbe standard|strict FOLDER COUNT IN-FLIGHT COMMAND...` runs it many times in that isolation and prints
/// what that cost.
@main
enum SandboxProbe {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 4, let number = Int(arguments[3]) else {
            fatalError("usage: SandboxProbe hold|standard|strict FOLDER NUMBER [NUMBER] COMMAND...")
        }
        let sandbox = try Sandbox(folder: arguments[2])
        switch arguments[1] {
        case "hold": try hold(sandbox, .milliseconds(number), Array(arguments[4...]))
        default:
            guard let isolation = Isolation(rawValue: arguments[1]) else {
                fatalError("unknown mode \(arguments[1])")
            }
            try Bench(sandbox, number, Int(arguments[4]) ?? 1, Array(arguments[5...]), isolation).run()
        }
        sandbox.close()
    }

    private static func hold(_ sandbox: Sandbox, _ timeout: Duration, _ arguments: [String]) throws {
        var command = Command(arguments, in: try sandbox.makeScratch(), timeout: timeout)
        command.environment = ["PATH=/usr/local/bin:/usr/bin:/bin"]
        command.grace = .milliseconds(100)
        let ended = BlockingQueue<Ending>()
        sandbox.start(command) { ended.push($0) }
        if let ending = ended.pop() { print(ending.outcome) }
    }
}

/// Runs a command again and again, a number of them at once.
private struct Bench {
    let sandbox: Sandbox
    let count: Int
    let inFlight: Int
    let arguments: [String]
    let isolation: Isolation

    init(_ sandbox: Sandbox, _ count: Int, _ inFlight: Int, _ arguments: [String], _ isolation: Isolation) {
        self.sandbox = sandbox
        self.count = count
        self.inFlight = inFlight
        self.arguments = arguments
        self.isolation = isolation
    }

    func run() throws {
        let ended = BlockingQueue<Ending>()
        let start = MonotonicTime.now
        let before = ThisProcess.processorTime
        for _ in 0..<inFlight { try submit(ended) }
        var steps = Duration.zero
        for number in 0..<count {
            guard let ending = ended.pop() else { break }
            precondition(ending.outcome == .exited(0), "\(ending.outcome)")
            steps += ending.receipt.user + ending.receipt.system
            if number + inFlight < count { try submit(ended) }
        }
        let wall = MonotonicTime.now - start
        let engine = ThisProcess.processorTime - before
        print(
            "\(inFlight) in flight: \(Int64(count) * 1_000_000_000 / wall.wholeNanoseconds) a second,",
            "engine \(engine.wholeNanoseconds / 1_000 / Int64(count)) µs,",
            "step \(steps.wholeNanoseconds / 1_000 / Int64(count)) µs a command"
        )
    }

    private func submit(_ ended: BlockingQueue<Ending>) throws {
        var command = Command(arguments, in: try sandbox.makeScratch(), timeout: .seconds(60))
        command.limits.isolation = isolation
        sandbox.start(command) { ended.push($0) }
    }
}

import Linux
import Sandbox

/// A process that uses the sandbox, for tests that kill or stop it and for measurements.
///
/// `SandboxProbe hold FOLDER TIMEOUT-MS COMMAND...` runs a command, prints its outcome and ends; with
/// `freeze` the command is frozen when it has written a line to stderr.
/// `SandboxProbe standard|strict FOLDER COUNT IN-FLIGHT COMMAND...` runs it many times in that isolation and
/// prints what that cost; it fails if afterwards this process holds more than before.
@main
enum SandboxProbe {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 4, let number = Int(arguments[3]) else {
            fatalError("usage: SandboxProbe hold|freeze|standard|strict FOLDER NUMBER [NUMBER] COMMAND...")
        }
        let sandbox = try Sandbox(folder: arguments[2])
        switch arguments[1] {
        case "hold", "freeze":
            let freezes = arguments[1] == "freeze"
            try hold(sandbox, .milliseconds(number), Array(arguments[4...]), freezes: freezes)
        default:
            guard let isolation = Isolation(rawValue: arguments[1]) else {
                fatalError("unknown mode \(arguments[1])")
            }
            let inFlight = Int(arguments[4]) ?? 1
            try Bench(sandbox, arguments[2], inFlight, Array(arguments[5...]), isolation).run(number)
        }
        sandbox.close()
    }

    private static func hold(
        _ sandbox: Sandbox,
        _ timeout: Duration,
        _ arguments: [String],
        freezes: Bool
    ) throws {
        var command = Command(arguments, in: try sandbox.makeScratch(), timeout: timeout)
        command.environment = ["PATH=/usr/local/bin:/usr/bin:/bin"]
        command.grace = .milliseconds(100)
        let ended = BlockingQueue<Ending>()
        let spoke = BlockingQueue<Void>()
        let handle = sandbox.start(command, events: Events(stderrLine: { _ in spoke.push(()) })) {
            ended.push($0)
        }
        if freezes, spoke.pop() != nil { handle.freeze() }
        if let ending = ended.pop() { print(ending.outcome) }
    }
}

import Glibc
import Linux

/// A running `pawl`, the one that was built with the tests.
///
/// It is killed when the last reference goes, and when the test process dies.
public final class PawlProcess: Sendable {
    private let child: Child
    private let ended = Locked<Child.Status?>(nil)
    public let output: Transcript
    public let errors: Transcript

    /// How long a loaded machine may take for anything.
    public static let patience = Duration.seconds(60)

    /// Starts `pawl` with these arguments.
    ///
    /// - Parameters:
    ///   - arguments: What follows the name of the program.
    ///   - environment: What it has beside `PATH`, `HOME` and the sanitizers' settings.
    ///   - directory: Its working folder.
    ///   - input: What it reads.
    ///   - wrapper: A command that goes on as the command that follows it.
    ///   - program: Another `pawl` than the one that was built with the tests.
    /// - Throws: Why it cannot be started.
    public init(
        _ arguments: [String],
        environment: [String: String] = [:],
        directory: String? = nil,
        input: String = "",
        wrapper: [String] = [],
        program: String? = nil
    ) throws {
        let stdin = try Descriptor.memory(named: "stdin")
        try stdin.write(Array(input.utf8))
        try stdin.seek(to: 0)
        var outputEnd: Descriptor?
        var errorsEnd: Descriptor?
        output = Transcript(reading: try Descriptor.pipe(writeEnd: &outputEnd))
        errors = Transcript(reading: try Descriptor.pipe(writeEnd: &errorsEnd))
        guard let toOutput = outputEnd.take(), let toErrors = errorsEnd.take() else {
            throw LinuxError("pipe", errno: EBADF)
        }
        let spawn = ProcessSpawn(
            path: "/usr/bin/setpriv",
            arguments: ["setpriv", "--pdeathsig", "KILL", "--"] + wrapper
                + [try program ?? TestPrograms.product("pawl")] + arguments,
            environment: try Self.environment(with: environment),
            directory: directory,
            descriptors: [(stdin.number, 0), (toOutput.number, 1), (toErrors.number, 2)]
        )
        child = try LaunchThread.shared.start(spawn)
    }

    deinit { kill() }

    /// A sanitizer that the tests were built with reads its settings in each process.
    private static let inherited: Set = ["PATH", "HOME", "ASAN_OPTIONS", "TSAN_OPTIONS"]

    private static func environment(with added: [String: String]) throws -> [String] {
        let inherited = ThisProcess.environment().filter { Self.inherited.contains($0.key) }
        var all = inherited.merging(["PAWL_LAUNCHER": try TestPrograms.launcher()]) { $1 }
        all.merge(added) { $1 }
        return all.map { "\($0)=\($1)" }
    }

    public var pid: Int32 { child.pid }
    public var isRunning: Bool { waitForExit(until: .now) == nil }

    public func signal(_ number: Int32) { child.signal(number) }

    /// SIGKILL, and waits until it is gone.
    public func kill() {
        signal(SIGKILL)
        _ = waitForExit(until: .distantFuture)
    }

    /// SIGTERM, and waits for the orderly end.
    @discardableResult
    public func stop() throws -> Child.Status {
        signal(SIGTERM)
        return try exit()
    }

    /// Waits for the end.
    @discardableResult
    public func exit(within patience: Duration = patience) throws -> Child.Status {
        if let status = waitForExit(until: .now + patience) { return status }
        throw NeverHappened(description: "pawl \(pid) still runs after \(patience); it said: \(errors.text)")
    }

    private func waitForExit(until deadline: MonotonicTime) -> Child.Status? {
        var descriptors = [pollfd(fd: child.number, events: Int16(POLLIN), revents: 0)]
        guard pollUntil(deadline == .distantFuture ? nil : deadline, &descriptors) else { return nil }
        return ended.withLock { ended in
            if ended == nil { ended = (try? child.reapIfEnded())?.0 }
            return ended
        }
    }

    /// Waits for the line with which `dev`, `serve` and `worker` say that they are ready.
    ///
    /// - Returns: The address of the API; empty for a worker.
    @discardableResult
    public func ready(within patience: Duration = patience) throws -> String {
        let deadline = MonotonicTime.now + patience
        let step = Duration.milliseconds(50)
        repeat {
            if let line = output.line(with: "ready ", within: step) { return String(line.dropFirst(6)) }
            if let line = errors.line(with: #""message":"ready""#, within: step) { return Self.address(line) }
        } while MonotonicTime.now < deadline && isRunning
        throw NeverHappened(description: "pawl is not ready; it said: \(errors.text)")
    }

    private static func address(_ line: String) -> String {
        line.split(separator: "\"").first { $0.hasPrefix("http://") }.map(String.init) ?? ""
    }
}

/// What a command of `pawl` said, and how it ended.
public struct CommandResult: Sendable {
    public var exit: Int32
    public var output: String
    public var errors: String
}

extension PawlProcess {
    /// Runs a command to its end.
    public static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        directory: String? = nil,
        input: String = ""
    ) throws -> CommandResult {
        let process = try PawlProcess(
            arguments,
            environment: environment,
            directory: directory,
            input: input
        )
        let status = try process.exit()
        guard case .exited(let code) = status else {
            throw NeverHappened(description: "pawl \(arguments) ended by \(status): \(process.errors.text)")
        }
        return CommandResult(
            exit: code,
            output: process.output.readToEnd(within: patience) ?? "",
            errors: process.errors.readToEnd(within: patience) ?? ""
        )
    }
}

/// The thread that starts processes.
///
/// A parent-death signal comes when the *thread* that started the child ends, so it is one that never does.
private final class LaunchThread: Sendable {
    static let shared = LaunchThread()

    private let jobs = Mailbox<@Sendable () -> Void>()

    private init() {
        let jobs = jobs
        DedicatedThread("launch") {
            while let batch = jobs.take(1) { for job in batch { job() } }
        }
    }

    func start(_ spawn: ProcessSpawn) throws(LinuxError) -> Child {
        let started = Monitor<Result<Int32, LinuxError>?>(nil)
        jobs.send {
            let result = Result { () throws(LinuxError) in try spawn.startUnowned() }
            started.withLock { $0 = result }
        }
        guard let result = started.wait(for: { $0 }) else { throw LinuxError("spawn", errno: EINTR) }
        return try Child(pid: try result.get())
    }
}

extension ProcessSpawn {
    /// The number of the started process; it is a child that nobody has waited for.
    fileprivate func startUnowned() throws(LinuxError) -> Int32 { try start().pid }
}

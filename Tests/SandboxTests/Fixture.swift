import Linux
import Testing

@testable import Sandbox

/// One sandbox for all tests of this process, and the programs they run.
enum Fixture {
    static let sandbox = makeSandbox(folder: "scratch")

    /// The worlds to choose from: all, or the one that the tests which run this program again ask for.
    private static let worlds =
        ThisProcess.environment("PAWL_TEST_WORLD").map { name in
            World.allCases.filter { $0.rawValue == name }
        } ?? World.allCases

    /// A folder of this test process, removed by a later one.
    static let folder = makeFolder()

    static func makeSandbox(folder name: String) -> Sandbox {
        do {
            return try Sandbox(folder: "\(folder)/\(name)", launcher: launcher, worlds: worlds)
        } catch {
            fatalError("no sandbox: \(error)")
        }
    }

    /// What keeps a limit on this host.
    static func mechanism(_ limit: String) -> String? {
        sandbox.capabilities.first { $0.limit == limit }?.mechanism
    }

    /// Whether this host can keep a limit.
    static func keeps(_ limit: String) -> Bool { mechanism(limit) != nil }

    /// Runs a program that gets the given limits.
    static func run(
        _ arguments: [String],
        stdin: String = "",
        timeout: Duration = .seconds(60),
        grace: Duration = .milliseconds(300),
        events: Events = Events(),
        in sandbox: Sandbox = sandbox,
        _ adjust: (inout Command) -> Void = { _ in }
    ) async throws -> Ending {
        var command = Command(arguments, in: try sandbox.makeScratch(), timeout: timeout)
        command.environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"]
        command.grace = grace
        command.stdin = Array(stdin.utf8)
        adjust(&command)
        return await sandbox.run(command, events: events)
    }

    static func shell(
        _ script: String,
        stdin: String = "",
        timeout: Duration = .seconds(60),
        grace: Duration = .milliseconds(300),
        events: Events = Events(),
        in sandbox: Sandbox = sandbox,
        _ adjust: (inout Command) -> Void = { _ in }
    ) async throws -> Ending {
        try await run(
            ["/bin/sh", "-c", script],
            stdin: stdin,
            timeout: timeout,
            grace: grace,
            events: events,
            in: sandbox,
            adjust
        )
    }

    static func python(
        _ script: String,
        stdin: String = "",
        timeout: Duration = .seconds(60),
        _ adjust: (inout Command) -> Void = { _ in }
    ) async throws -> Ending {
        try await run(["/usr/bin/python3", "-c", script], stdin: stdin, timeout: timeout, adjust)
    }

    /// Compiles a C program and returns its path.
    static func compile(_ name: String, _ source: String) throws -> String {
        let path = "\(folder)/\(name)"
        try Files.write(path + ".c", Array(source.utf8))
        try call(["/usr/bin/cc", "-O1", "-w", "-o", path, path + ".c"])
        return path
    }

    /// Runs a program outside of the sandbox and waits for it.
    static func call(_ arguments: [String]) throws {
        let environment = ThisProcess.environment().map { "\($0)=\($1)" }
        let spawn = ProcessSpawn(
            path: arguments[0],
            arguments: arguments,
            environment: environment,
            descriptors: [(2, 0), (2, 1), (2, 2)]
        )
        let (status, _) = try spawn.start().wait()
        guard status == .exited(0) else { fatalError("\(arguments) ended with \(status)") }
    }

    /// Waits until a condition holds, at most 20 seconds: a busy disk takes some 5 ms a folder to be removed.
    static func eventually(_ condition: () -> Bool) async -> Bool {
        let limit = MonotonicTime.now + .seconds(20)
        while !condition() {
            if MonotonicTime.now > limit { return false }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return true
    }

    /// The path of another executable of this package, beside the one that runs.
    static func product(_ name: String) throws -> String {
        let executable = try ThisProcess.executablePath()
        let folder = executable[..<(executable.lastIndex(of: "/") ?? executable.startIndex)]
        return "\(folder)/\(name)"
    }

    /// The launcher, built if this is the first use.
    static let launcher = buildLauncher()

    private static func buildLauncher() -> String {
        if let built = ThisProcess.environment("PAWL_LAUNCHER") { return built }
        let parts = #filePath.split(separator: "/").dropLast(3)
        let root = parts.map { "/\($0)" }.joined()
        do {
            try call(["/bin/sh", "\(root)/scripts/build-launcher"])
        } catch {
            fatalError("scripts/build-launcher: \(error)")
        }
        return "\(root)/.build/launcher/pawl-launch"
    }

    private static func makeFolder() -> String {
        let base = "/tmp/pawl-sandbox-tests-\(ThisProcess.userID)"
        for name in (try? Files.names(in: base)) ?? [] {
            if let process = Int32(name), ThisProcess.exists(pid: process) { continue }
            try? Files.removeTree("\(base)/\(name)")
        }
        let path = "\(base)/\(ThisProcess.id)"
        try? Files.makeFolders(path)
        return path
    }
}

extension Ending {
    var text: String { String(decoding: stdout, as: UTF8.self) }
    var errorText: String { String(decoding: stderrTail, as: UTF8.self) }
}

import Glibc
import Linux

/// A command whose process does not outlive this one.
struct ServerCommand: Sendable {
    var executable: String
    var arguments: [String]
    /// Nil: as we are.
    var user: User?
    /// Receives what the process writes, appended.
    var log: String
    /// What the kernel sends it when we die, even of SIGKILL: `INT`, `KILL`.
    var deathSignal: String

    /// Starts the process; setpriv(1) binds it to us and takes on the user, then becomes the program.
    func start() throws(DevelopmentError) -> ServerProcess {
        let setpriv = try Executables.find("setpriv", package: "util-linux")
        let identity =
            user.map { ["--reuid", String($0.id), "--regid", String($0.group), "--clear-groups"] } ?? []
        let words = ["setpriv", "--pdeathsig", deathSignal] + identity + ["--", executable] + arguments
        return try attempt("start \(executable)") { () throws(LinuxError) in
            try LaunchThread.shared.run { () throws(LinuxError) in
                let null = try Files.open("/dev/null", O_RDWR)
                let output = try Files.open(log, O_WRONLY | O_APPEND | O_CREAT, mode: 0o600)
                let spawn = ProcessSpawn(
                    path: setpriv,
                    arguments: words,
                    environment: ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=\(user?.home ?? "/")"],
                    directory: "/",
                    descriptors: [(null.number, 0), (output.number, 1), (output.number, 2)]
                )
                return ServerProcess(child: try spawn.start())
            }
        }
    }

    /// Runs the command to its end.
    func run() throws(DevelopmentError) {
        let process = try start()
        let status = process.waitForExit(until: nil)
        guard status != .exited(0) else { return }
        throw DevelopmentError("\(executable) failed", log: log)
    }
}

/// A running server that we started.
final class ServerProcess: Sendable {
    private let child: Child
    private let status = Locked<Child.Status?>(nil)

    init(child: consuming Child) { self.child = child }

    var pid: Int32 { child.pid }

    func signal(_ number: Int32) { child.signal(number) }

    /// Blocks until the process has ended, at most until the deadline; nil when it still runs then.
    func waitForExit(until deadline: MonotonicTime?) -> Child.Status? {
        var descriptors = [pollfd(fd: child.number, events: Int16(POLLIN), revents: 0)]
        guard pollUntil(deadline, &descriptors) else { return nil }
        return status.withLock { status in
            if status == nil { status = (try? child.reapIfEnded())?.0 }
            return status
        }
    }

    var hasExited: Bool { waitForExit(until: .now) != nil }

    /// The processes that this one started and that still run, by their numbers.
    var children: [Int32] {
        let list = (try? Files.read("/proc/\(pid)/task/\(pid)/children")) ?? []
        return String(decoding: list, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
    }
}

/// The thread that starts servers.
///
/// A parent-death signal comes when the *thread* that started the child ends, so it is one that never does.
private final class LaunchThread: Sendable {
    static let shared = LaunchThread()

    private let queue = Monitor<[@Sendable () -> Void]>([])

    private init() {
        let queue = queue
        DedicatedThread("servers") {
            while let job = queue.wait(for: { $0.isEmpty ? nil : $0.removeFirst() }) { job() }
        }
    }

    func run(
        _ body: @escaping @Sendable () throws(LinuxError) -> ServerProcess
    ) throws(LinuxError) -> ServerProcess {
        let outcome = Monitor<Result<ServerProcess, LinuxError>?>(nil)
        queue.withLock { jobs in
            jobs.append {
                let result = Result { () throws(LinuxError) in try body() }
                outcome.withLock { $0 = result }
            }
        }
        guard let result = outcome.wait(for: { $0 }) else {
            preconditionFailure("a wait without deadline ended")
        }
        return try result.get()
    }
}

import Development
import Glibc
import Linux

/// A `pawl` process that runs steps, with proxies of its own to Postgres and Redis.
public final class FleetMember: Sendable {
    public let name: String
    public let database: Proxy
    public let hints: Proxy
    /// Nil where it is the machine's.
    public let clock: WallClock?
    /// Whether its scratch folder is a small file system of its own.
    public let hasOwnDisk: Bool
    private let scratch: String
    private let arguments: [String]
    private let environment: [String: String]
    private let folder: String
    private let process = Locked<PawlProcess?>(nil)
    private let address = Locked("")

    /// What a member may differ in.
    struct Equipment {
        var serves = false
        var hasOwnDisk = false
        var hasOwnClock = false
    }

    init(
        _ name: String,
        _ equipment: Equipment,
        postgres: PrivatePostgres,
        redis: PrivateRedis,
        settings: [String: String],
        folder: String
    ) throws {
        self.name = name
        self.folder = folder
        let home = "\(folder)/\(name)"
        scratch = "\(home)/scratch"
        try Files.makeFolders(scratch)
        database = try Proxy("\(home)/.s.PGSQL.5432", to: postgres.socket)
        hints = try Proxy("\(home)/redis.sock", to: redis.socket)
        hasOwnDisk = equipment.hasOwnDisk
        arguments = equipment.serves ? ["serve", "--worker"] : ["worker"]
        var environment = settings
        environment["DATABASE_URL"] = "postgres://pawl@\(home.replacing("/", with: "%2F")):5432/pawl"
        environment["REDIS_URL"] = "unix:\(hints.path)"
        environment["PAWL_LISTEN"] = "127.0.0.1:0"
        environment["PAWL_SCRATCH_DIR"] = scratch
        clock = try equipment.hasOwnClock ? WallClock(in: home) : nil
        if let clock { environment.merge(clock.environment) { $1 } }
        self.environment = environment
    }

    public var pid: Int32? { process.withLock { $0?.pid } }

    /// Where the API is, as long as the process serves it.
    public var api: PawlAPI { PawlAPI(address.withLock { $0 }) }

    /// Starts the process and waits until it is ready; nothing happens while one runs.
    public func start() throws {
        guard process.withLock({ $0 == nil }) else { return }
        let started = try launch()
        process.withLock { $0 = started }
        let place = try started.ready()
        address.withLock { $0 = place }
    }

    /// Starts the process and does not wait.
    private func launch() throws -> PawlProcess {
        try PawlProcess(
            arguments,
            environment: environment,
            directory: folder,
            wrapper: hasOwnDisk ? OwnDisk.wrapper(mounting: scratch) : []
        )
    }

    /// SIGKILL; returns when it is gone.
    public func kill() { process.withLock { $0.take() }?.kill() }

    /// SIGSTOP: the process stands still, and what it runs does not.
    public func pause() { process.withLock { $0 }?.signal(SIGSTOP) }

    public func resume() { process.withLock { $0 }?.signal(SIGCONT) }

    /// Leaves no room in the scratch folder; gives the file that takes it.
    public func fillDisk() throws -> String {
        let path = "/proc/\(pid ?? 0)/root\(scratch)/filler"
        let filler = try Files.open(path, O_WRONLY | O_CREAT)
        let block = [UInt8](repeating: 0, count: 64 << 10)
        while (try? filler.write(block)) != nil {}
        return path
    }

    /// What the process said last, if it ended though nobody killed it.
    public var unexpectedEnd: String? {
        guard let process = process.withLock({ $0 }), !process.isRunning else { return nil }
        return "\(name) ended by itself: \(process.errors.text.suffix(2_000))"
    }

    func remove() {
        kill()
        database.stop()
        hints.stop()
    }
}

/// A file system in memory that only the process sees for which it is mounted.
enum OwnDisk {
    static let bytes = 8 << 20

    /// Why there can be none; nil if there can.
    static let problem: String? = {
        let trial = ProcessSpawn(
            path: "/usr/bin/env",
            arguments: ["env"] + wrapper(mounting: "/mnt") + ["true"],
            environment: ["PATH=/usr/bin:/bin:/usr/sbin:/sbin"],
            descriptors: []
        )
        let status = try? trial.start().wait().0
        return status == .exited(0) ? nil : "tmpfs cannot be mounted here (it needs root)"
    }()

    static func wrapper(mounting folder: String) -> [String] {
        let script = "mount -t tmpfs -o size=\(bytes) pawl-chaos \(folder) && exec \"$@\""
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
    }
}

import Development
import Glibc
import Linux

/// Pawl as it is installed: Postgres, Redis, a server and a worker, each a process that a test may kill.
public final class Installation: Sendable {
    public let postgres: PrivatePostgres
    public let redis: PrivateRedis
    public let api: PawlAPI
    /// Where the server and the workers, and so all that they start, have their working folder.
    public let folder: String
    private let server: PawlProcess
    private let worker = Locked<PawlProcess?>(nil)
    private let environment: [String: String]

    /// Starts all of it, with an empty database and one worker.
    public static func start(
        lease: String = "10s",
        slots: Int = 8,
        settings: [String: String] = [:]
    ) async throws -> Installation {
        let (postgres, redis) = (try await TestServers.ownPostgres(), try await TestServers.ownRedis())
        return try await onOwnThread {
            let said = ["PAWL_LEASE": lease, "PAWL_SLOTS": String(slots)].merging(settings) { $1 }
            return try Installation(postgres, redis, settings: said)
        }
    }

    private init(_ postgres: PrivatePostgres, _ redis: PrivateRedis, settings: [String: String]) throws {
        self.postgres = postgres
        self.redis = redis
        folder = try TestServers.folder()
        _ = try postgres.createDatabase("pawl")
        let scratch = "\(folder)/scratch"
        try Files.makeFolder(scratch)
        environment = settings.merging(
            [
                "DATABASE_URL": postgres.url(database: "pawl"), "REDIS_URL": redis.url,
                "PAWL_LISTEN": "127.0.0.1:0", "PAWL_SCRATCH_DIR": scratch,
            ]
        ) { $1 }
        let migration = try PawlProcess.run(["migrate"], environment: environment)
        guard migration.exit == 0 else { throw NeverHappened(description: "migrated: \(migration.errors)") }
        server = try PawlProcess(["serve"], environment: environment, directory: folder)
        api = PawlAPI(try server.ready())
        try startWorker()
    }

    /// Starts a worker and waits until it is ready.
    public func startWorker() throws {
        let started = try PawlProcess(["worker"], environment: environment, directory: folder)
        worker.withLock { $0 = started }
        try started.ready()
    }

    /// One more worker, ready, with settings of its own; it ends with the last reference.
    public func anotherWorker(_ settings: [String: String], wrapper: [String] = []) throws -> PawlProcess {
        let own = "\(folder)/another-\(Random.bytes(4).hexadecimal)"
        try Files.makeFolder(own)
        let environment = environment.merging(["PAWL_SCRATCH_DIR": own]) { $1 }.merging(settings) { $1 }
        let started = try PawlProcess(["worker"], environment: environment, directory: own, wrapper: wrapper)
        try started.ready()
        return started
    }

    /// SIGKILL for the worker; returns when it is gone.
    public func killWorker() {
        worker.withLock { $0.take() }?.kill()
    }

    /// SIGTERM for the worker; returns when it has let its steps end and is gone.
    public func stopWorker() throws {
        try worker.withLock { $0.take() }?.stop()
    }

    /// What runs in our folder beside the server and the worker.
    public var survivors: [String] {
        Survivors.of(folder, except: [server.pid, worker.withLock { $0?.pid } ?? 0])
    }

    /// Ends everything and removes what it kept.
    public func remove() {
        killWorker()
        server.kill()
        postgres.remove()
        redis.remove()
    }
}

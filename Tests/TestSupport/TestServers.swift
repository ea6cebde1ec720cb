import Development
import Glibc
import Linux
import Postgres
import Redis

/// The servers that the tests of one process share, and folders for servers of their own.
///
/// They start at first use and go away with the process: orderly at its exit, by a parent-death signal when
/// it is killed. The folders of test processes that were killed are cleared at the next start.
public enum TestServers {
    /// A Postgres that trades durability for speed; never stop it: make one of your own for that.
    public static func postgres() async throws -> PrivatePostgres {
        try await onOwnThread { try sharedPostgres.get() }
    }

    /// A Redis that tests share; use keys and channels of your own, and never flush it.
    public static func redis() async throws -> PrivateRedis {
        try await onOwnThread { try sharedRedis.get() }
    }

    /// An empty database that no other test uses.
    public static func database() async throws -> PostgresConfiguration {
        try await onOwnThread {
            try sharedPostgres.get().createDatabase("test_\(Random.bytes(8).hexadecimal)")
        }
    }

    /// A started server, for a test that stops or kills it; it goes with the test process, or by `remove`.
    public static func ownPostgres(settings: [String: String] = [:]) async throws -> PrivatePostgres {
        try await onOwnThread { try startPostgres("postgres-\(Random.bytes(4).hexadecimal)", settings) }
    }

    /// A started server, for a test that stops, kills or flushes it.
    public static func ownRedis() async throws -> PrivateRedis {
        try await onOwnThread { try startRedis("redis-\(Random.bytes(4).hexadecimal)") }
    }

    /// A new empty folder, removed at the end of the process.
    public static func folder() throws -> String {
        let path = "\(try root.get())/\(Random.bytes(8).hexadecimal)"
        try Files.makeFolder(path)
        return path
    }

    private static let sharedPostgres = Result { try startPostgres("postgres") }
    private static let sharedRedis = Result { try startRedis("redis") }

    private static func startPostgres(
        _ name: String,
        _ settings: [String: String] = [:]
    ) throws -> PrivatePostgres {
        var options = PrivatePostgres.Options()
        options.isDurable = false
        options.maxConnections = 100
        options.settings = settings
        let server = try PrivatePostgres(folder: "\(root.get())/\(name)", options: options)
        atEnd { server.stop(.immediate) }
        try server.start()
        return server
    }

    private static func startRedis(_ name: String) throws -> PrivateRedis {
        let server = try PrivateRedis(folder: "\(root.get())/\(name)")
        atEnd { server.kill() }
        try server.start()
        return server
    }
}

extension TestServers {
    private static let prefix = "pawl-test-"

    /// The folder of this process; its making clears away those of processes that are gone.
    private static let root = Result {
        for name in try Files.names(in: "/tmp") where name.hasPrefix(prefix) {
            guard let pid = Int32(name.dropFirst(prefix.count)), !ThisProcess.exists(pid: pid) else {
                continue
            }
            try? Files.removeTree("/tmp/\(name)")
        }
        let path = "/tmp/\(prefix)\(ThisProcess.id)"
        try Files.makeFolders(path)
        atexit { TestServers.end() }
        return path
    }

    private static let endings = Locked<[@Sendable () -> Void]>([])

    /// Registers what is to be done when this test process exits.
    public static func atEnd(_ body: @escaping @Sendable () -> Void) { endings.withLock { $0.append(body) } }

    private static func end() {
        for ending in endings.withLock({ $0 }) { ending() }
        if case .success(let path) = root { try? Files.removeTree(path) }
    }
}

import Development
import Linux
import Postgres

/// Three `pawl` processes that run steps, one of which serves the API too, on one Postgres and one Redis.
public final class Fleet: Sendable {
    public let postgres: PrivatePostgres
    public let redis: PrivateRedis
    public let members: [FleetMember]
    public let ledger: Ledger
    public let lease: Duration
    /// Where the processes, and so all that they start, have their working folder.
    public let folder: String

    /// Starts all of it on an empty database.
    public static func start(leaseSeconds: Int = 3, slots: Int = 4) async throws -> Fleet {
        let (postgres, redis) = (try await TestServers.ownPostgres(), try await TestServers.ownRedis())
        return try await onOwnThread {
            let fleet = try Fleet(postgres, redis, leaseSeconds: leaseSeconds, slots: slots)
            for member in fleet.members { try member.start() }
            return fleet
        }
    }

    private init(
        _ postgres: PrivatePostgres,
        _ redis: PrivateRedis,
        leaseSeconds: Int,
        slots: Int
    ) throws {
        self.postgres = postgres
        self.redis = redis
        lease = .seconds(leaseSeconds)
        let folder = try TestServers.folder()
        self.folder = folder
        ledger = Ledger("\(try TestServers.folder())/ledger")
        _ = try postgres.createDatabase("pawl")
        let migration = try PawlProcess.run(
            ["migrate"],
            environment: ["DATABASE_URL": postgres.url(database: "pawl")]
        )
        guard migration.exit == 0 else { throw NeverHappened(description: "migrated: \(migration.errors)") }
        let equipment = [
            FleetMember.Equipment(serves: true),
            FleetMember.Equipment(hasOwnDisk: OwnDisk.problem == nil),
            FleetMember.Equipment(hasOwnClock: true),
        ]
        let settings = ["PAWL_LEASE": "\(leaseSeconds)s", "PAWL_SLOTS": String(slots)]
        members = try equipment.enumerated().map { index, equipment in
            try FleetMember(
                "member-\(index)",
                equipment,
                postgres: postgres,
                redis: redis,
                settings: settings,
                folder: folder
            )
        }
    }

    /// The API of the process that serves it now.
    public var api: PawlAPI { members[0].api }

    /// A session past all proxies.
    public func connect() throws -> PostgresConnection {
        try PostgresConnection.open(try PostgresConfiguration(postgres.url(database: "pawl")))
    }

    /// Kills all members and says what is left of what they ran.
    public func killAll() -> [String] {
        for member in members { member.kill() }
        do {
            try eventually("no process is left", within: PawlProcess.patience) { survivors.isEmpty }
        } catch {
            return survivors
        }
        return []
    }

    private var survivors: [String] { Survivors.of(folder, except: members.compactMap(\.pid)) }

    /// Ends everything and removes what it kept.
    public func remove() {
        for member in members { member.remove() }
        postgres.remove()
        redis.remove()
    }
}

import Linux
import Postgres
import Redis

/// Brings faults about and takes them away again.
struct FaultInjector {
    /// Undoes a fault.
    typealias Cure = @Sendable () throws -> Void

    private let fleet: Fleet
    private var random: SeededGenerator

    init(_ fleet: Fleet, seed: UInt64) {
        self.fleet = fleet
        random = SeededGenerator(seed: seed)
    }

    /// Why a fault cannot be brought about on this machine; nil if it can.
    static func obstacle(_ fault: Fault) -> String? {
        switch fault {
        case .fillDisk: OwnDisk.problem
        default: nil
        }
    }

    /// Brings a fault about, and gives what undoes it.
    mutating func cause(_ fault: Fault) throws -> Cure {
        switch fault {
        case .killMember, .killAll, .pauseMember, .poison, .fillDisk, .moveClock: try harmMembers(fault)
        case .partition, .halfOpen, .deafen, .slowNetwork, .cutConnections, .loseReplies: harmNetwork(fault)
        case .restartPostgres, .stopPostgres, .killPostgres, .endSessions, .fillConnections, .holdSnapshot:
            try harmPostgres(fault)
        case .flushRedis, .stopRedis, .killRedis, .doubleHints: try harmRedis(fault)
        }
    }

    private mutating func someMember() -> FleetMember {
        fleet.members[Int.random(in: fleet.members.indices, using: &random)]
    }
}

// MARK: - Processes

extension FaultInjector {
    private mutating func harmMembers(_ fault: Fault) throws -> Cure {
        let fleet = fleet
        switch fault {
        case .killAll:
            for member in fleet.members { member.kill() }
            return { for member in fleet.members { try member.start() } }
        case .pauseMember:
            let member = someMember()
            member.pause()
            return { member.resume() }
        case .poison: return Self.poison(fleet)
        case .fillDisk:
            guard let member = fleet.members.first(where: \.hasOwnDisk) else { return {} }
            let filler = try member.fillDisk()
            return { try Files.removeFile(filler) }
        case .moveClock:
            guard let clock = fleet.members.lazy.compactMap(\.clock).first else { return {} }
            try clock.set(off: Bool.random(using: &random) ? 3_600 : -3_600)
            return { try clock.set(off: 0) }
        default:
            let member = someMember()
            member.kill()
            return { try member.start() }
        }
    }

    /// Kills, as long as the fault lasts, whichever member runs a step of the workflow for it.
    private static func poison(_ fleet: Fleet) -> Cure {
        let isOver = Locked(false)
        let killer = DedicatedThread("poison") {
            let pause = Waker()
            while !isOver.withLock({ $0 }) {
                pause.wait(until: .now + .milliseconds(100))
                guard let pid = try? holder(of: ChaosWorkflow.poisonStep, fleet) else { continue }
                for member in fleet.members where member.pid == pid {
                    member.kill()
                    try? member.start()
                }
            }
        }
        return {
            isOver.withLock { $0 = true }
            killer.join()
        }
    }

    /// The process that runs a step.
    private static func holder(of path: String, _ fleet: Fleet) throws -> Int32? {
        let rows = try fleet.connect().query(
            """
            select (w.about::json->>'pid')::int from task t join worker w using (worker_id)
            where t.path = $1 and t.status = 'running' limit 1
            """,
            [.text(path)]
        )
        return try rows.first?.int32(0)
    }
}

// MARK: - Network

extension FaultInjector {
    private mutating func harmNetwork(_ fault: Fault) -> Cure {
        switch fault {
        case .cutConnections: return cutAgainAndAgain()
        case .loseReplies: return lose(fleet.members)
        case .slowNetwork:
            return change(someMember(), to: .slow(.milliseconds(Int.random(in: 20...400, using: &random))))
        case .partition: return change(someMember(), to: .cut)
        case .deafen: return change(someMember(), to: .deaf)
        default: return change(someMember(), to: .silent)
        }
    }

    /// What was half open is at its end found dead, or goes on late: the seed decides.
    private mutating func change(_ member: FleetMember, to behaviour: Proxy.Behaviour) -> Cure {
        let proxies = [member.database, member.hints]
        let isCutAtEnd = Bool.random(using: &random)
        for proxy in proxies { proxy.set(behaviour) }
        return {
            if isCutAtEnd { for proxy in proxies { proxy.cutAll() } }
            for proxy in proxies { proxy.set(.pass) }
        }
    }

    private func lose(_ members: [FleetMember]) -> Cure {
        for member in members { member.database.set(.loseReplies(oneIn: 15)) }
        return { for member in members { member.database.set(.pass) } }
    }

    private func cutAgainAndAgain() -> Cure {
        let members = fleet.members
        let isOver = Locked(false)
        let cutter = DedicatedThread("cutter") {
            let pause = Waker()
            while !isOver.withLock({ $0 }) {
                for member in members { member.database.cutAll() }
                pause.wait(until: .now + .milliseconds(300))
            }
        }
        return {
            isOver.withLock { $0 = true }
            cutter.join()
        }
    }
}

// MARK: - Servers

extension FaultInjector {
    private func harmPostgres(_ fault: Fault) throws -> Cure {
        let postgres = fleet.postgres
        switch fault {
        case .stopPostgres: postgres.stop(.immediate)
        case .killPostgres: postgres.kill()
        case .endSessions:
            try fleet.connect().execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
            )
            return {}
        case .fillConnections: return try fillConnections()
        case .holdSnapshot: return try holdSnapshot()
        default: postgres.stop(.fast)
        }
        return { try postgres.start() }
    }

    private func fillConnections() throws -> Cure {
        let held = Locked<[Session]>([])
        while let connection = try? fleet.connect() {
            held.withLock { $0.append(Session(connection)) }
        }
        // Those who come back now find no room.
        for member in fleet.members { member.database.cutAll() }
        while let connection = try? fleet.connect() {
            held.withLock { $0.append(Session(connection)) }
        }
        return { held.withLock { $0 = [] } }
    }

    private func holdSnapshot() throws -> Cure {
        let session = Session(try fleet.connect())
        try session.execute("begin isolation level repeatable read; select count(*) from run_live")
        return { try session.execute("rollback") }
    }

    private func harmRedis(_ fault: Fault) throws -> Cure {
        let redis = fleet.redis
        switch fault {
        case .flushRedis:
            try redis.flush()
            return {}
        case .stopRedis: redis.stop()
        case .killRedis: redis.kill()
        default:
            let connection = try RedisConnection.open(redis.configuration)
            for number in 0..<2_000 {
                let hint = ["work default", "work nowhere", "ended none", "cancel all", "x"][number % 5]
                _ = try connection.command(["PUBLISH", "pawl:hints", .text("chaos \(hint)")])
            }
            return {}
        }
        return { try redis.start() }
    }
}

/// A connection that the thread which cures a fault takes over from the one that caused it.
private final class Session: @unchecked Sendable {
    // @unchecked: `cause` and its cure are never called at once.
    private let connection: PostgresConnection

    init(_ connection: PostgresConnection) { self.connection = connection }

    func execute(_ script: String) throws { try connection.execute(script) }
}

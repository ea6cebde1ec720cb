import Cron
import Linux
import Postgres
import Scheduler
import TestSupport
import Testing

@Suite("Two servers, one schedule")
struct ScheduleYearTests {
    private static let start = Timestamp(rfc3339: "2024-12-31T22:00:00Z") ?? .now
    private static let end = Timestamp(rfc3339: "2025-12-31T22:00:00Z") ?? .now

    /// A schedule that fires in an hour that one clock change skips and the other repeats.
    struct Year: Sendable, CustomTestStringConvertible {
        var zone: String
        var cron = "30 2,11,20 * * *"
        var fires = 1_095
        /// What becomes of those in the hours that are skipped and repeated.
        var changes: Set<String>

        var testDescription: String { zone }

        var schedule: Schedule {
            Schedule(
                name: "shift",
                workflow: "tick",
                rhythm: .cron(cron),
                zone: zone,
                overlap: .allow,
                catchUpMilliseconds: 604_800_000
            )
        }
    }

    private static let years = [
        Year(
            zone: "Europe/Riga",
            cron: "30 3,11,20 * * *",
            changes: ["2025-03-30T04:00:00+03:00", "2025-10-26T03:30:00+03:00"]
        ),
        Year(
            zone: "Europe/Berlin",
            changes: ["2025-03-30T03:00:00+02:00", "2025-10-26T02:30:00+02:00"]
        ),
        Year(
            zone: "America/New_York",
            cron: "30 1,2,20 * * *",
            changes: ["2025-03-09T03:00:00-04:00", "2025-11-02T01:30:00-04:00"]
        ),
        // Its clock changes by half an hour.
        Year(
            zone: "Australia/Lord_Howe",
            cron: "15,45 1,2 * * *",
            fires: 1_460,
            changes: ["2025-04-06T01:45:00+11:00", "2025-10-05T02:30:00+11:00"]
        ),
        // Its clock does not change.
        Year(zone: "Asia/Kolkata", changes: ["2025-03-30T02:30:00+05:30", "2025-10-26T02:30:00+05:30"]),
    ]

    /// The engine and the schedules' service of one server.
    private struct Server {
        let engine: Engine
        let cron: CronService

        init(_ configuration: PostgresConfiguration, _ clock: Locked<Timestamp>) {
            let open = { @Sendable () throws(StoreError) in try PostgresStore.open(configuration) }
            engine = Engine(
                configuration: Engine.Configuration(),
                executor: nil,
                connect: open,
                writeLogs: { _ throws(StoreError) in },
                hints: Silence(),
                report: { _ in }
            )
            cron = CronService(engine: engine, simulatedTime: { clock.withLock { $0 } }, open: open)
            engine.start()
            cron.start { error in Issue.record("\(error)") }
        }

        func stop() {
            cron.stop()
            engine.stop()
        }
    }

    private struct Silence: HintPublisher {
        func work(in queue: String) {}
        func cancel(run: RunID) {}
        func ended(run: RunID) {}
    }

    @Test("a simulated year with both clock changes: each fire has one run", arguments: years)
    func fires(_ year: Year) async throws {
        let configuration = try await TestServers.database()
        try await onOwnThread {
            let connection = try Self.prepare(configuration, year.schedule)
            let clock = Locked(Self.start)
            let servers = [Server(configuration, clock), Server(configuration, clock)]
            defer { for server in servers { server.stop() } }
            var random = SeededGenerator(seed: .random(in: 0 ... .max))
            print("seed \(random.seed)")
            while clock.withLock({ $0 }) < Self.end {
                let jump = Duration.seconds(Int.random(in: 60...200_000, using: &random))
                let now = clock.withLock { clock in
                    clock = min(Self.end, clock + jump)
                    return clock
                }
                for server in servers { server.cron.wake() }
                try eventually("all has fired up to \(now)", within: .seconds(30)) {
                    try connection.query("select wake_at from schedule")[0].timestamp(0) > now
                }
            }
            try Self.check(connection, year)
        }
    }

    /// A database with the workflow and the schedule, at the start of the year.
    private static func prepare(
        _ configuration: PostgresConfiguration,
        _ schedule: Schedule
    ) throws -> PostgresConnection {
        let connection = try PostgresConnection.open(configuration)
        try Migrator(connection).migrate()
        let source =
            "name: tick\nsteps:\n  - id: at\n    set: ${ run.scheduled_at }\noutput: ${ steps.at.output }"
        let compilation = DefinitionCompiler.compile(source)
        let store = try PostgresStore.open(configuration)
        _ = try store.apply(
            try #require(compilation.workflow),
            source: source,
            digest: compilation.digest
        )
        _ = try store.put(schedule, isPaused: nil)
        try connection.query("update schedule set cursor = $1, wake_at = $1", [.timestamp(start)])
        return connection
    }

    private static func check(_ connection: PostgresConnection, _ year: Year) throws {
        let expected = try Timetable(year.schedule).instants(since: start, until: end, limit: 2_000)
        #expect(expected.count == year.fires)
        let zone = try ZoneFiles().zone(year.zone)
        let shown = Set(expected.map { zone.rfc3339($0) })
        #expect(shown.isSuperset(of: year.changes))
        let runs = try connection.query("select scheduled_at from run order by scheduled_at")
            .map { try $0.timestamp(0) }
        #expect(runs == expected)
        let fires = try connection.query(
            "select fire_at from schedule_fire where status = 'started' order by fire_at"
        )
        #expect(try fires.map { try $0.timestamp(0) } == expected)
        let outputs = try connection.query(
            "select count(distinct output) from run_end where status = 'succeeded'"
        )
        #expect(try outputs[0].int64(0) == Int64(year.fires))
    }
}

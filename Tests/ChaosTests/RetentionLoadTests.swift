import JSON
import Linux
import Postgres
import TestSupport
import Testing

@Suite("Retention under load", .serialized)
struct RetentionLoadTests {
    private static let runs = 100_000

    /// The times between one step's end and the next one's, in milliseconds.
    private struct Gaps: CustomStringConvertible {
        var steps: Int64
        var median: Double
        var greatest: Double

        var description: String {
            "\(steps) steps, median \(Int(median)) ms, greatest gap \(Int(greatest)) ms"
        }
    }

    @Test("100,000 runs age out beside a chain of steps, which hardly notices")
    func beside() async throws {
        let installation = try await Installation.start(settings: ["PAWL_RETENTION": "off"])
        defer { installation.remove() }
        let (without, with) = try await onOwnThread {
            let url = installation.postgres.url(database: "pawl")
            let connection = try PostgresConnection.open(try PostgresConfiguration(url))
            let chain = try installation.api.apply(Self.chain)
            try installation.api.apply("name: old\nsteps:\n  - { id: only, set: 1 }")
            try connection.execute(Self.load)
            let without = try Self.gaps(connection) { round in
                _ = try installation.api.end(of: try installation.api.start(chain))
                return round < 4
            }
            let settings = ["PAWL_RETENTION": "1h", "PAWL_QUEUES": "none"]
            let pruning = try installation.anotherWorker(settings)
            let with = try Self.gaps(connection) { _ in
                _ = try installation.api.end(of: try installation.api.start(chain))
                return try connection.query(Self.left)[0].int64(0) > 0
            }
            try pruning.stop()
            return (without, with)
        }
        print("retention: beside it \(with); without it \(without)")
        #expect(with.greatest <= max(100, 3 * without.greatest), "\(with); without \(without)")
    }

    private static func gaps(
        _ connection: PostgresConnection,
        _ chain: (Int) throws -> Bool
    ) throws -> Gaps {
        let since = try connection.query("select clock_timestamp()")[0].timestamp(0)
        var round = 0
        while try chain(round) { round += 1 }
        let row = try connection.query(measure, [.timestamp(since)])[0]
        return Gaps(steps: try row.int64(0), median: try row.double(1), greatest: try row.double(2))
    }

    private static let chain =
        "name: chain\nsteps:\n"
        + (1...300).map { "  - { id: s\($0), run: ':' }" }.joined(separator: "\n")

    private static let left = """
        select count(*) from run r join workflow w on w.workflow_id = r.workflow_id where w.name = 'old'
        """

    private static let measure = """
        select count(*), percentile_cont(0.5) within group (order by gap), max(gap)
        from (
            select extract(epoch from ended_at - lag(ended_at) over (partition by run_id order by step))
                ::float8 * 1000 as gap
            from step where ended_at > $1 and path like 's%') g
        where gap is not null
        """

    /// Runs that ended two hours ago, as the engine would have left them.
    private static let load = """
        with w as (
            select w.workflow_id, d.definition_id from workflow w
            join definition d on d.workflow_id = w.workflow_id where w.name = 'old'
        ), ids as (
            select g, at, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7'
                || lpad(to_hex(g % 4096), 3, '0') || '8' || substr(md5(g::text), 1, 15))::uuid as id
            from generate_series(1, \(runs)) g,
                lateral (select clock_timestamp() - interval '2 hours' as at) t
        ), r as (
            insert into run (run_id, workflow_id, definition_id, priority, labels, actor, input)
            select id, workflow_id, definition_id, 0, '{}', 'local', '{}' from ids, w
        ), e as (
            insert into run_end (run_id, status, compensation, ended_at, output)
            select id, 'succeeded', 'none', at, 'null' from ids
        ), s as (
            insert into step (run_id, step, scope, path, status, ended_seq, ended_at, compensates, output)
            select id, 1, 0, 'only', 'succeeded', 3, at, false, repeat(md5(g::text), 8) from ids
        )
        insert into history (run_id, seq, count, at, events)
        select id, 1, 5, at, repeat(md5(g::text), 30) from ids
        """
}

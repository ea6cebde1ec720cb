import JSON
import Linux
import Postgres

/// The statement by which a worker takes ready tasks; it never waits for a lock.
enum ClaimStatement {
    private static let ranges = RowSet<ClaimWatermarks.Range>(
        alias: "s",
        columns: [
            .text("queue") { $0.queue },
            .int("low") { $0.low },
            .time("since") { $0.since },
            .int("high") { $0.high },
        ]
    )

    static let statement: PostgresStatement = {
        var numbers = ParameterNumbers()
        let (worker, level, limit) = (numbers.next(), numbers.next(), numbers.next())
        let seed = numbers.next()
        return PostgresStatement(
            "claim",
            """
            with alive as materialized (
                select from worker where worker_id = \(worker)::uuid and expires_at > clock_timestamp()
            ), picked as materialized (
                select k.place from \(ranges.source(&numbers)) cross join lateral (
                    select k.ctid as place from task k
                    where k.status = 'ready' and k.queue = s.queue
                        and (-k.priority, k.ready_at) >= (s.low::smallint, coalesce(s.since, '-infinity'))
                        and (-k.priority) <= s.high::smallint and k.level <= \(level)::int
                    order by (-k.priority), k.ready_at limit \(limit)::int
                    for no key update skip locked
                ) k where exists (select from alive) limit \(limit)::int
            )
            update task set status = 'running', worker_id = \(worker)::uuid, token = nextval('fence'),
                started_at = clock_timestamp(), cancel = false,
                callback = \(callbackHash(seed, "run_id", "step"))
            where ctid = any (array(select place from picked))
            returning run_id, step, path, token, started_at, queue, attempt, losses, spec, input, attempts,
                checkpoint, priority::int, ready_at
            """
        )
    }()

    static func parameters(
        _ claim: ClaimRequest,
        limit: Int,
        _ stretches: [ClaimWatermarks.Range]
    ) -> [PostgresValue] {
        [
            .uuid(claim.worker.uuid), .int64(Int64(claim.level)), .int64(Int64(limit)),
            .bytes(claim.callbackSeed),
        ] + ranges.values(stretches)
    }

    /// The hash of ``CallbackToken`` for a task that is claimed with a seed.
    static func callbackHash(_ seed: String, _ run: String, _ step: String) -> String {
        "sha256(sha256(\(seed)::bytea || uuid_send(\(run)) || int4send(\(step))))"
    }

    static func task(_ row: PostgresRow) throws -> ClaimedTask {
        ClaimedTask(
            run: RunID(try row.uuid(0)),
            step: Int(try row.int32(1)),
            path: try row.text(2),
            token: try row.int64(3),
            startedAt: try row.timestamp(4),
            queuedAt: try row.timestamp(13),
            queue: try row.text(5),
            attempt: Int(try row.int32(6)),
            losses: Int(try row.int32(7)),
            spec: try TaskSpec(decoding: try row.text(8)),
            input: try Payload(stored: try row.text(9)),
            attempts: try row.optionalText(10),
            checkpoint: try row.optionalText(11).map { try Payload(stored: $0) }
        )
    }

    /// Moves the marks on to what a claim gave.
    static func advance(_ watermarks: inout ClaimWatermarks, past row: PostgresRow) throws {
        watermarks.claimed(
            queue: try row.text(5),
            priority: Int(try row.int32(12)),
            readyAt: try row.timestamp(13)
        )
    }
}

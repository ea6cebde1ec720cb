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
            .int("running") { $0.running },
        ]
    )

    /// For a worker of one queue.
    static let statement = make("claim", isOpen(of: "s"), picking: plainly)
    /// For a worker of several queues, which share its slots by their weights.
    static let shared = make("claim_shared", isOpen(of: "s"), picking: byWeight)
    /// For a queue with bounds of its own, by who has its row locked and has counted.
    static let bounded = make("claim_bounded", "true", picking: plainly)
    /// The same for a task that must run alone, by a worker that can let it.
    static let alone = make("claim_alone", isOpen(of: "s"), picking: onlyAlone)
    static let aloneBounded = make("claim_alone_bounded", "true", picking: onlyAlone)

    /// Whether a task `k` is one that was lost with its worker.
    static let isAlone = "split_part(k.needs, ' ', 1) = '\(TaskSpec.alone)'"

    /// Whether a queue may be claimed from by anybody: it is not paused, and nothing has to be counted.
    static func isOpen(of alias: String) -> String {
        """
        not exists (
            select from queue q where q.name = \(alias).queue
                and (q.paused or q.concurrency is not null or q.rate_limit is not null))
        """
    }

    /// The SQL of the places to take from `source`, by the parameters for level, limit and abilities.
    private typealias Picking =
        @Sendable (
            _ source: String, _ level: String, _ limit: String, _ abilities: String
        ) -> String

    private static func make(_ name: String, _ condition: String, picking: Picking) -> PostgresStatement {
        var numbers = ParameterNumbers(forFewRows: true)
        let (worker, level, limit) = (numbers.next(), numbers.next(), numbers.next())
        let (seed, abilities) = (numbers.next(), numbers.next())
        let source = "(select * from \(ranges.source(&numbers)) where \(condition) offset 0) s"
        return PostgresStatement(
            name,
            """
            with alive as materialized (
                select from worker
                where worker_id = \(worker)::uuid and expires_at > clock_timestamp() and not draining
            ), picked as materialized (
                \(picking(source, level, limit, abilities))
            )
            update task set status = 'running', worker_id = \(worker)::uuid, token = nextval('fence'),
                started_at = clock_timestamp(), cancel = false,
                callback = \(callbackHash(seed, "run_id", "step"))
            where ctid = any (array(select place from picked))
            returning run_id, step, path, token, started_at, queue, attempt, losses, spec, input, attempts,
                checkpoint, priority::int, ready_at
            """
        )
    }

    /// The tasks of a stretch that this worker can run, in order; none is waited for.
    private static func stretch(
        _ level: String,
        _ limit: String,
        _ abilities: String,
        _ condition: String = "true"
    ) -> String {
        """
        select k.ctid as place, (-k.priority) as rank, k.ready_at from task k
        where k.status = 'ready' and k.queue = s.queue and \(condition)
            and (-k.priority, k.ready_at) >= (s.low::smallint, coalesce(s.since, '-infinity'))
            and (-k.priority) <= s.high::smallint and k.level <= \(level)::int
            and (k.needs is null or \(abilities)::text[] is null
                or string_to_array(k.needs, ' ') <@ \(abilities)::text[] or \(hasNoHost))
        order by (-k.priority), k.ready_at limit \(limit)::int
        for no key update skip locked
        """
    }

    /// A plugin that no live worker has is for anybody to tell of: the step fails, and waits not for ever.
    ///
    /// A limit that nobody can keep is waited for: a host that can may come.
    private static let hasNoHost = """
        (k.needs not like '%limit:%' and not exists (
            select from worker w where w.expires_at > clock_timestamp() and not w.draining
                and (w.abilities is null or string_to_array(k.needs, ' ') <@ w.abilities)))
        """

    private static let plainly: Picking = { source, level, limit, abilities in
        """
        select k.place from \(source) cross join lateral (
            \(stretch(level, limit, abilities))
        ) k where exists (select from alive) limit \(limit)::int
        """
    }

    private static let onlyAlone: Picking = { source, level, limit, abilities in
        """
        select k.place from \(source) cross join lateral (
            \(stretch(level, limit, abilities, isAlone))
        ) k where exists (select from alive) limit \(limit)::int
        """
    }

    /// The n-th of a queue, with what runs of it here, counts for n parts of the queue's weight.
    private static let byWeight: Picking = { source, level, limit, abilities in
        """
        select place from (
            select k.place, k.rank, k.ready_at, s.running, coalesce(q.weight, 1) as weight,
                row_number() over (partition by s.queue order by k.rank, k.ready_at) as n
            from \(source)
            left join lateral (select q.weight from queue q where q.name = s.queue offset 0) q on true
            cross join lateral (
                \(stretch(level, limit, abilities))
            ) k where exists (select from alive)
        ) k order by (running + n)::float8 / weight, rank, ready_at limit \(limit)::int
        """
    }

    static func parameters(
        _ claim: ClaimRequest,
        limit: Int,
        _ stretches: [ClaimWatermarks.Range]
    ) -> [PostgresValue] {
        let abilities: PostgresValue = claim.abilities.map { .texts($0.map { $0 }) } ?? .null
        return [
            .uuid(claim.worker.uuid), .int64(Int64(claim.level)), .int64(Int64(limit)),
            .bytes(claim.callbackSeed), abilities,
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

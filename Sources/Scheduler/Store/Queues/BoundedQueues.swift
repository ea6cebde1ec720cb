import Linux
import Postgres

/// Claims from queues with a `concurrency` or a `rate` of their own.
///
/// The claim that every worker makes passes them over. Here each is claimed from under its row's lock, which
/// nobody waits for, and counted in a statement begun after it (decision 12).
struct BoundedQueues {
    /// How often it is asked which queues have bounds.
    private static let interval = Duration.seconds(1)

    private var names: [String] = []
    private var nextLook = MonotonicTime.now

    /// The queues among these that may have bounds.
    mutating func among(_ queues: [String], over connection: PostgresConnection) throws -> [String] {
        if MonotonicTime.now >= nextLook {
            names = try connection.query(Self.bounded).map { try $0.text(0) }
            nextLook = .now + Self.interval
        }
        return names.isEmpty ? [] : queues.filter(names.contains)
    }

    private static let bounded = PostgresStatement(
        "bounded_queues",
        "select name from queue where concurrency is not null or rate_limit is not null"
    )
}

extension BoundedQueues {
    /// What was claimed, and whether a bound left something for later.
    struct Claim {
        var tasks: [ClaimedTask] = []
        var isCut = false
    }

    /// Claims from these queues, in a transaction of its own.
    static func claim(
        _ request: ClaimRequest,
        from queues: [String],
        limit: Int,
        by statement: PostgresStatement = ClaimStatement.bounded,
        over connection: PostgresConnection
    ) throws -> Claim {
        try connection.transaction { connection in
            var claim = Claim()
            for row in try connection.query(lock, [.texts(queues.sorted())]) {
                let queue = try row.text(0)
                let room = try connection.query(room, [.text(queue)]).first.map { Int(try $0.int64(0)) } ?? 0
                let wanted = min(room, limit - claim.tasks.count)
                if room <= 0 { claim.isCut = true }
                guard wanted > 0 else { continue }
                let rows = try connection.query(
                    statement,
                    ClaimStatement.parameters(
                        request,
                        limit: wanted,
                        [ClaimWatermarks.Range(everythingOf: queue)]
                    )
                )
                claim.tasks += try rows.map(ClaimStatement.task)
                if rows.count == room { claim.isCut = true }
                if try row.bool(1), !rows.isEmpty {
                    try connection.query(note, [.text(queue), .int64(Int64(rows.count))])
                }
            }
            return claim
        }
    }

    private static let lock = PostgresStatement(
        "lock_bounded_queues",
        """
        select name, rate_limit is not null from queue where name = any ($1::text[]) and not paused
        order by name for no key update skip locked
        """
    )

    /// What its `concurrency` leaves queue `q` now; null without one.
    ///
    /// All running tasks are few: as many as there are slots in all workers.
    static let slotsLeft = """
        (q.concurrency - (select count(*) from task t where t.token > 0 and t.queue = q.name))
        """

    /// What its `rate` leaves queue `q` now; null without one.
    static let startsLeft = """
        (q.rate_limit - (
            select count(*) from queue_start s
            where s.queue = q.name and s.at > clock_timestamp() - q.rate_ms * interval '1 millisecond'))
        """

    private static let room = PostgresStatement(
        "bounded_queue_room",
        "select coalesce(least(\(slotsLeft), \(startsLeft)), 0) from queue q where q.name = $1"
    )

    private static let note = PostgresStatement(
        "note_queue_starts",
        """
        with gone as (
            delete from queue_start s using queue q
            where q.name = $1 and s.queue = $1
                and s.at < clock_timestamp() - (q.rate_ms + 1000) * interval '1 millisecond')
        insert into queue_start (queue) select $1 from generate_series(1, $2::int)
        """
    )
}

import Linux
import Postgres

/// A worker process that has, or lately had, a lease.
public struct WorkerView: Sendable, Hashable {
    public var worker: WorkerID
    /// What it says of itself, as JSON.
    public var about: String
    public var level: Int
    public var registeredAt: Timestamp
    public var expiresAt: Timestamp
    public var isAlive: Bool
    /// It was told to claim nothing more.
    public var isDraining: Bool
    /// Tasks that it holds.
    public var running: Int
}

/// A queue in which there are tasks, that a worker serves, or of which an operator has said something.
public struct QueueView: Sendable, Hashable {
    public var name: String
    /// Claimed as soon as a worker is free, or the queue is no longer paused.
    public var ready: Int
    public var running: Int
    /// In line for a slot or a rate, or of a paused run.
    public var blocked: Int
    /// Waiting and backing off.
    public var held: Int
    /// Since when the oldest ready task is ready.
    public var oldestReadyAt: Timestamp?
    /// The database's clock.
    public var now: Timestamp
    /// Live workers that serve it.
    public var workers: Int
    public var settings: QueueSettings
}

/// What the API asks about workers and queues.
public struct OperationsQueries {
    let connection: PostgresConnection

    /// Takes a connection whose session is set up by ``RunQueries/session(_:)``.
    public init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    public func workers() throws(StoreError) -> [WorkerView] {
        try storing(writes: false) {
            try connection.query(Self.workers).map { row in
                WorkerView(
                    worker: WorkerID(try row.uuid(0)),
                    about: try row.text(1),
                    level: Int(try row.int32(2)),
                    registeredAt: try row.timestamp(3),
                    expiresAt: try row.timestamp(4),
                    isAlive: try row.bool(5),
                    isDraining: try row.bool(7),
                    running: Int(try row.int64(6))
                )
            }
        }
    }

    public func queues() throws(StoreError) -> [QueueView] {
        try storing(writes: false) {
            try connection.query(Self.queues).map { row in
                var settings = QueueSettings()
                settings.weight = Int(try row.int32(8))
                settings.isPaused = try row.bool(9)
                settings.concurrency = try row.optionalInt32(10).map { Int($0) }
                if let limit = try row.optionalInt32(11) {
                    settings.rate = QueueSettings.Rate(limit: Int(limit), milliseconds: try row.int64(12))
                }
                return QueueView(
                    name: try row.text(0),
                    ready: Int(try row.int64(1)),
                    running: Int(try row.int64(2)),
                    blocked: Int(try row.int64(3)),
                    held: Int(try row.int64(4)),
                    oldestReadyAt: try row.optionalTimestamp(5),
                    now: try row.timestamp(6),
                    workers: Int(try row.int64(7)),
                    settings: settings
                )
            }
        }
    }

    private static let workers = PostgresStatement(
        "workers",
        """
        select w.worker_id, w.about, w.level, w.registered_at, w.expires_at, w.expires_at > clock_timestamp(),
            coalesce(t.running, 0), w.draining
        from worker w left join (
            select worker_id, count(*) as running from task where token is not null group by worker_id
        ) t on t.worker_id = w.worker_id
        order by w.registered_at, w.worker_id
        """
    )

    private static let queues = PostgresStatement(
        "queues",
        """
        with tasks as (
            select queue, count(*) filter (where status = 'ready') as ready,
                count(*) filter (where status = 'running') as running,
                count(*) filter (where status = 'blocked') as blocked,
                count(*) filter (where status in ('waiting', 'backoff')) as held,
                min(ready_at) filter (where status = 'ready') as oldest
            from task group by queue
        ), serving as (
            select queue, count(*) as workers from worker w
            cross join lateral jsonb_array_elements_text(w.about::jsonb -> 'queues') as s(queue)
            where w.expires_at > clock_timestamp() and jsonb_typeof(w.about::jsonb -> 'queues') = 'array'
            group by queue
        ), every as (
            select queue from tasks union select queue from serving union select name from queue
        )
        select e.queue, coalesce(t.ready, 0), coalesce(t.running, 0), coalesce(t.blocked, 0),
            coalesce(t.held, 0), t.oldest, clock_timestamp(), coalesce(s.workers, 0), coalesce(q.weight, 1),
            coalesce(q.paused, false), q.concurrency, q.rate_limit, q.rate_ms
        from every e left join tasks t on t.queue = e.queue left join serving s on s.queue = e.queue
        left join queue q on q.name = e.queue order by e.queue
        """
    )
}

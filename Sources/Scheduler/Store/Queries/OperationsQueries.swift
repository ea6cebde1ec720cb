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
    /// Tasks that it holds.
    public var running: Int
}

/// A queue in which there are tasks.
public struct QueueView: Sendable, Hashable {
    public var name: String
    public var ready: Int
    public var running: Int
    /// Blocked, waiting and backing off.
    public var held: Int
    /// Since when the oldest ready task is ready.
    public var oldestReadyAt: Timestamp?
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
                    running: Int(try row.int64(6))
                )
            }
        }
    }

    public func queues() throws(StoreError) -> [QueueView] {
        try storing(writes: false) {
            try connection.query(Self.queues).map { row in
                QueueView(
                    name: try row.text(0),
                    ready: Int(try row.int64(1)),
                    running: Int(try row.int64(2)),
                    held: Int(try row.int64(3)),
                    oldestReadyAt: try row.optionalTimestamp(4)
                )
            }
        }
    }

    private static let workers = PostgresStatement(
        "workers",
        """
        select w.worker_id, w.about, w.level, w.registered_at, w.expires_at, w.expires_at > clock_timestamp(),
            coalesce(t.running, 0)
        from worker w left join (
            select worker_id, count(*) as running from task where token is not null group by worker_id
        ) t on t.worker_id = w.worker_id
        order by w.registered_at, w.worker_id
        """
    )

    private static let queues = PostgresStatement(
        "queues",
        """
        select queue, count(*) filter (where status = 'ready'), count(*) filter (where status = 'running'),
            count(*) filter (where status not in ('ready', 'running')),
            min(ready_at) filter (where status = 'ready')
        from task group by queue order by queue
        """
    )
}

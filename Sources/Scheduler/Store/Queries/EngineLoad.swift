import Linux
import Postgres

/// What the database holds at the moment, counted.
public struct EngineLoad: Sendable {
    /// Live runs, by what their row alone tells.
    public var runs: [RunStatus: Int]
    public var tasks: [TaskStatus: Int]
    public var queues: [QueueDepth]
    /// With a lease.
    public var workers: Int
    public var now: Timestamp

    public struct QueueDepth: Sendable, Hashable {
        public var name: String
        public var ready: Int
        public var oldestReadyAt: Timestamp?
    }
}

extension OperationsQueries {
    /// Counts hot tables alone, whose size is that of the work in flight.
    public func load() throws(StoreError) -> EngineLoad {
        try storing(writes: false) {
            let now = try connection.query(Self.liveWorkers).first
            var load = EngineLoad(
                runs: [:],
                tasks: [:],
                queues: [],
                workers: Int(try now?.int64(0) ?? 0),
                now: try now?.timestamp(1) ?? .now
            )
            for row in try connection.query(Self.liveRuns) {
                guard let status = RunStatus(rawValue: try row.text(0)) else { continue }
                load.runs[status] = Int(try row.int64(1))
            }
            for row in try connection.query(Self.tasks) {
                let count = Int(try row.int64(2))
                guard let status = TaskStatus(rawValue: try row.text(1)) else { continue }
                load.tasks[status, default: 0] += count
                guard status == .ready else { continue }
                load.queues.append(
                    .init(
                        name: try row.text(0),
                        ready: count,
                        oldestReadyAt: try row.optionalTimestamp(3)
                    )
                )
            }
            return load
        }
    }

    /// `ending` is the time of `always`, in which a run is running.
    private static let liveRuns = PostgresStatement(
        "load_runs",
        """
        select case when paused then 'paused' when phase = 'ending' then 'running' else phase end, count(*)
        from run_live group by 1
        """
    )

    private static let tasks = PostgresStatement(
        "load_tasks",
        "select queue, status, count(*), min(ready_at) from task group by 1, 2"
    )

    private static let liveWorkers = PostgresStatement(
        "load_workers",
        "select count(*) filter (where expires_at > clock_timestamp()), clock_timestamp() from worker"
    )
}

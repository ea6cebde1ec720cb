import Linux
import Postgres

/// How far a run is, as one number that rises with everything about it that a reader can see.
///
/// It counts the events of the run's history and, since a claim is no event, the steps that were claimed
/// after the last one. Any server gives the same number, and it fits into a JSON number (under 2^53).
public struct RunVersion: Sendable, Hashable, Comparable {
    private static let claimBits: Int64 = 20
    private static let claimLimit: Int64 = 1 << claimBits - 1

    public let number: Int64

    public init(number: Int64) {
        self.number = number
    }

    init(seq: Int, running: Int) {
        number = Int64(seq) << Self.claimBits | min(Int64(running), Self.claimLimit)
    }

    /// Of the last event of the history.
    public var seq: Int { Int(number >> Self.claimBits) }

    public static func < (one: Self, other: Self) -> Bool { one.number < other.number }
}

/// What live streams ask the database.
extension RunQueries {
    /// The versions of these runs; a run that does not exist is left out.
    public func versions(of runs: [RunID]) throws(StoreError) -> [RunID: RunVersion] {
        guard !runs.isEmpty else { return [:] }
        return try reading {
            try Self.versions(try connection.query(Self.versionsOfRuns, [.uuids(runs.map(\.uuid))]))
        }
    }

    /// The versions of the newest live runs.
    public func liveVersions(limit: Int) throws(StoreError) -> [RunID: RunVersion] {
        try reading { try Self.versions(try connection.query(Self.versionsOfLive, [.int64(Int64(limit))])) }
    }

    /// Runs that were created since, the newest first.
    public func created(since time: Timestamp, limit: Int) throws(StoreError) -> [RunID] {
        let bound = RunID.lowest(milliseconds: max(0, time.microseconds / 1_000))
        return try runIDs(Self.createdSince, [.uuid(bound.uuid), .int64(Int64(limit))])
    }

    /// Runs of which something happened since: live ones that moved, and those that ended.
    public func moved(since time: Timestamp, limit: Int) throws(StoreError) -> [RunID] {
        try runIDs(Self.movedSince, [.timestamp(time), .int64(Int64(limit))])
    }

    /// These runs as lists show them, the newest first.
    public func summaries(of runs: [RunID]) throws(StoreError) -> [RunSummary] {
        guard !runs.isEmpty else { return [] }
        return try reading {
            try connection.query(Self.someSummaries, [.uuids(runs.map(\.uuid))]).map(Self.summary)
        }
    }

    /// The steps of a run that a worker holds, with the token of each claim.
    public func claims(of run: RunID) throws(StoreError) -> [Int64: Int] {
        try reading {
            let rows = try connection.query(Self.heldSteps, [.uuid(run.uuid)])
            return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.int64(0), Int(try $0.int32(1))) })
        }
    }

    private func runIDs(
        _ statement: PostgresStatement,
        _ parameters: [PostgresValue]
    ) throws(StoreError) -> [RunID] {
        try reading { try connection.query(statement, parameters).map { RunID(try $0.uuid(0)) } }
    }

    private static func versions(_ rows: PostgresResult) throws -> [RunID: RunVersion] {
        let pairs = try rows.map { row in
            (
                RunID(try row.uuid(0)),
                RunVersion(seq: Int(try row.int32(1)), running: Int(try row.int64(2)))
            )
        }
        // A run may end between the two halves of a statement.
        return Dictionary(pairs) { max($0, $1) }
    }

    private static let versionsOfRuns = PostgresStatement(
        "run_versions",
        """
        select l.run_id, l.last_seq,
            (select count(*) from task k where k.run_id = l.run_id and k.token is not null)
        from run_live l where l.run_id = any ($1::uuid[])
        union all
        select e.run_id, h.last, 0::bigint from run_end e cross join lateral (
            select seq + count - 1 as last from history h where h.run_id = e.run_id
            order by seq desc limit 1) h
        where e.run_id = any ($1)
        """
    )

    private static let versionsOfLive = PostgresStatement(
        "live_versions",
        """
        select l.run_id, l.last_seq, coalesce(t.running, 0)
        from (select run_id, last_seq from run_live order by run_id desc limit $1) l
        left join (select run_id, count(*) as running from task where token is not null group by run_id) t
            on t.run_id = l.run_id
        """
    )

    private static let createdSince = PostgresStatement(
        "runs_created",
        "select run_id from run where run_id >= $1 order by run_id desc limit $2"
    )

    private static let movedSince = PostgresStatement(
        "runs_moved",
        """
        (select l.run_id from (select run_id from run_live order by run_id desc limit 5000) l
        cross join lateral (
            select at from history h where h.run_id = l.run_id order by seq desc limit 1) h
        where h.at >= $1 limit $2)
        union
        (select run_id from run_end where ended_at >= $1 limit $2)
        """
    )

    private static let someSummaries = PostgresStatement(
        "run_summaries",
        """
        select \(summaryColumns)
        from run r join workflow w on w.workflow_id = r.workflow_id
        join definition d on d.definition_id = r.definition_id
        left join run_live l on l.run_id = r.run_id
        left join run_end e on e.run_id = r.run_id
        where r.run_id = any ($1::uuid[]) order by r.run_id desc
        """
    )

    private static let heldSteps = PostgresStatement(
        "run_claims",
        "select token, step from task where run_id = $1 and token is not null"
    )
}

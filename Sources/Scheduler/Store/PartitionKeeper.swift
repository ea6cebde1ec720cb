import Linux
import Postgres

/// Creates the partitions of the cold tables ahead of the runs that need them, and drops old ones.
///
/// Both take a lock on the whole table, for which they wait 50 ms at the most, so that they never hold up the
/// writers that queue behind them; then they try again.
public struct PartitionKeeper {
    private let connection: PostgresConnection

    public init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// Sees that there are partitions from yesterday until a week from now; to be called daily or oftener.
    public func keep() throws(StoreError) {
        let now = try storing(writes: false) {
            try connection.query("select clock_timestamp()").first?.timestamp(0) ?? .now
        }
        try create(days: PartitionPlan.days(at: now))
    }

    /// Sees that there are partitions for these runs.
    ///
    /// Refuses ids whose time is more than a year off: an id is no way to make the database create tables.
    func create(for runs: [RunID]) throws(StoreError) {
        let today = PartitionPlan.day(of: .now)
        let days = Set(runs.map { PartitionPlan.day(of: $0.createdAt) })
        if let strange = days.first(where: { abs($0 - today) > 366 }) {
            let distance = abs(strange - today)
            throw .refused(message: "a run's id says that it was created \(distance) days from now")
        }
        try create(days: days.sorted())
    }

    /// Drops the days whose runs have all outlived their retention, with the runs at the top of their trees.
    ///
    /// A day with one run that has not, or is not over, stays whole. Gives how many days went.
    func drop(_ expiry: RunExpiry) throws(StoreError) -> Int {
        var dropped = 0
        for day in try days(before: expiry.lastDay) {
            let partitions = PartitionPlan.tables.map { PartitionPlan.Partition(table: $0, day: day) }
            guard try !isKept(partitions[0], expiry) else { continue }
            // Behind the others goes `run`, by which the day is found again should one of them not go now.
            for partition in partitions.reversed() {
                try alter("drop table if exists \(partition.name)", triesLeft: 40)
            }
            dropped += 1
        }
        return dropped
    }

    /// The days before one for which there are partitions, the oldest first.
    func days(before day: Int64) throws(StoreError) -> [Int64] {
        PartitionPlan.days(before: day, existing: try existing())
    }

    private func isKept(_ day: PartitionPlan.Partition, _ expiry: RunExpiry) throws(StoreError) -> Bool {
        try storing(writes: false) {
            let bounds: [PostgresValue] = [.text(day.lowerBound), .text(day.upperBound)]
            return try connection.query(Self.kept, expiry.parameters + bounds)[0].bool(0)
        }
    }

    private static let kept = """
        select exists (select from run_live where run_id >= $5::uuid and run_id < $6::uuid)
            or exists (
                select from run_end e
                where e.run_id >= $5::uuid and e.run_id < $6::uuid and not \(RunExpiry.condition("e")))
            or exists (
                select from kept_run k where k.root_id >= $5::uuid and k.root_id < $6::uuid
                    and \(RunExpiry.isKept("k.root_id")))
            or exists (
                select from run r
                where r.run_id >= $5::uuid and r.run_id < $6::uuid and r.root_id is not null
                    and \(RunExpiry.isKept("r.root_id")))
        """

    private func create(days: some Sequence<Int64>) throws(StoreError) {
        let missing = PartitionPlan.missing(days: days, existing: try existing())
        for partition in missing { try alter(partition.statement, triesLeft: 40) }
    }

    private func existing() throws(StoreError) -> Set<String> {
        try storing(writes: false) {
            let children = """
                select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
                where i.inhparent = any ($1::text[]::regclass[])
                """
            return Set(try connection.query(children, [.texts(PartitionPlan.tables)]).map { try $0.text(0) })
        }
    }

    private func alter(_ statement: String, triesLeft: Int) throws(StoreError) {
        do {
            try connection.execute("set local lock_timeout = '50ms'; \(statement)")
        } catch  where error.sqlState == .lockNotAvailable && triesLeft > 1 {
            try alter(statement, triesLeft: triesLeft - 1)
        } catch  where error.sqlState == .duplicateTable {
            // Another process was faster.
        } catch {
            throw StoreError(error, writes: true)
        }
    }
}

import Linux
import Postgres

/// Creates the partitions of the cold tables ahead of the runs that need them.
///
/// A new partition takes a lock on its whole table, for which it waits 50 ms at the most, so that it never
/// holds up the writers that queue behind it; then it is tried again.
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

    private func create(days: some Sequence<Int64>) throws(StoreError) {
        let missing = PartitionPlan.missing(days: days, existing: try existing())
        for partition in missing { try create(partition, triesLeft: 40) }
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

    private func create(_ partition: PartitionPlan.Partition, triesLeft: Int) throws(StoreError) {
        do {
            try connection.execute("set local lock_timeout = '50ms'; \(partition.statement)")
        } catch  where error.sqlState == .lockNotAvailable && triesLeft > 1 {
            try create(partition, triesLeft: triesLeft - 1)
        } catch  where error.sqlState == .duplicateTable {
            // Another process was faster.
        } catch {
            throw StoreError(error, writes: true)
        }
    }
}

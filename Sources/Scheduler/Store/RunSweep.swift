import Linux
import Postgres

/// Deletes runs that have outlived their retention from days that are not dropped whole, a few at a time.
///
/// A day is in the way of its own drop while one of its runs is live or is kept longer than the others.
struct RunSweep {
    /// Some 5 ms of work in one transaction, which holds no row that a live run needs.
    static let batch = 100

    private let connection: PostgresConnection
    private let expiry: RunExpiry
    /// Those to come, the oldest last.
    private var days: [Int64]
    private var last: RunID?

    init(_ connection: PostgresConnection, _ expiry: RunExpiry) throws(StoreError) {
        self.connection = connection
        self.expiry = expiry
        days = try PartitionKeeper(connection).days(before: expiry.lastDay + 1).reversed()
    }

    /// Deletes the next few; false when there are none left.
    mutating func next() throws(StoreError) -> Bool {
        while let day = days.last {
            let deleted = try delete(from: day)
            if let newest = deleted.max(by: { $0.uuid.description < $1.uuid.description }) {
                last = newest
                return true
            }
            days.removeLast()
            last = nil
        }
        return false
    }

    private func delete(from day: Int64) throws(StoreError) -> [RunID] {
        let start = PartitionPlan.Partition(table: "run", day: day).lowerBound
        let after = last?.uuid.description ?? start
        return try storing(writes: true) {
            do {
                return try connection.transaction { connection in
                    // Whoever begins to keep one of them waits, and finds it gone or is seen.
                    try connection.execute("set local lock_timeout = '50ms'; lock kept_run in share mode")
                    let parameters = expiry.parameters + [.text(after), .int64(Int64(Self.batch))]
                    return try connection.query(Self.statement(day), parameters)
                        .map { RunID(try $0.uuid(0)) }
                }
            } catch let error as PostgresError where Self.isGone.contains(error.sqlState) {
                // Another process drops the day; the next sweep sees what is left.
                return []
            }
        }
    }

    private static let isGone: Set<SQLState?> = [.lockNotAvailable, .undefinedTable]

    private static func statement(_ day: Int64) -> PostgresStatement {
        let names = Dictionary(
            uniqueKeysWithValues: PartitionPlan.tables.map {
                ($0, PartitionPlan.Partition(table: $0, day: day).name)
            }
        )
        let run = names["run"] ?? ""
        let deletes = PartitionPlan.tables.map { table in
            """
            gone_\(table) as (
                delete from \(names[table] ?? table)
                where run_id = any (array(select run_id from doomed)) returning 1)
            """
        }
        return PostgresStatement(
            "sweep_\(day)",
            """
            with doomed as materialized (
                select e.run_id from \(names["run_end"] ?? "") e
                cross join lateral (
                    select r.root_id from \(run) r where r.run_id = e.run_id offset 0) r
                where e.run_id > $5::text::uuid and \(RunExpiry.condition("e"))
                    and not \(RunExpiry.isKept("coalesce(r.root_id, e.run_id)"))
                order by e.run_id limit $6 for update of e skip locked
            ), \(deletes.joined(separator: ",\n"))
            select run_id from doomed
            """
        )
    }
}

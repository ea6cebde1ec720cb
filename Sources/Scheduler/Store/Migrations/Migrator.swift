import Linux
import Postgres

/// Brings a database to the version that this program needs.
public struct Migrator {
    private let connection: PostgresConnection

    public init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// What a database is to this program.
    public enum State: Sendable, Hashable {
        case current
        /// So many migrations are to be applied.
        case behind(Int)
    }

    /// Applies what is missing, each migration in a transaction of its own.
    ///
    /// Of several processes that do this at once one works and the others wait for it. A database that is
    /// newer than this program, or altered, is ``StoreError/refused(message:)``. `report` gets a line about
    /// each migration as it is applied.
    public func migrate(report: (String) -> Void = { _ in }) throws(StoreError) {
        try storing(writes: true) {
            try connection.execute(Self.bookkeeping)
            for migration in Migration.all {
                try connection.transaction { connection in
                    try connection.execute("lock table schema_version in access exclusive mode")
                    let applied = try Self.applied(connection)
                    try Self.check(applied)
                    guard applied.count < migration.number else { return }
                    report("migration \(migration.number): \(migration.name)")
                    CrashPoint.pass("migrator.before-migration")
                    try connection.execute(migration.sql)
                    CrashPoint.pass("migrator.before-recording")
                    try connection.query(
                        "insert into schema_version (number, name, checksum) values ($1, $2, $3)",
                        [.int64(Int64(migration.number)), .text(migration.name), .text(migration.checksum)]
                    )
                }
            }
        }
        CrashPoint.pass("migrator.before-fence")
        try Fence.raise(connection)
        CrashPoint.pass("migrator.before-partitions")
        try PartitionKeeper(connection).keep()
    }

    /// Whether migrations are missing; changes nothing.
    public func state() throws(StoreError) -> State {
        try storing(writes: false) {
            let exists = try connection.query("select to_regclass('schema_version') is not null").first
            guard try exists?.bool(0) == true else { return .behind(Migration.all.count) }
            let applied = try Self.applied(connection)
            try Self.check(applied)
            return applied.count == Migration.all.count
                ? .current : .behind(Migration.all.count - applied.count)
        }
    }

    private static let bookkeeping = """
        select pg_advisory_xact_lock(hashtext('pawl.schema_version'));
        create table if not exists schema_version (
            number int primary key,
            name text not null,
            checksum text not null,
            applied_at timestamptz not null default clock_timestamp()
        );
        """

    private static func applied(_ connection: PostgresConnection) throws -> [(name: String, checksum: String)]
    {
        try connection.query("select name, checksum from schema_version order by number").map {
            (try $0.text(0), try $0.text(1))
        }
    }

    private static func check(_ applied: [(name: String, checksum: String)]) throws(StoreError) {
        guard applied.count <= Migration.all.count else {
            throw .refused(
                message: "the database is at schema version \(applied.count), and this program knows "
                    + "\(Migration.all.count): install the release that migrated it, or a later one"
            )
        }
        for (migration, known) in zip(Migration.all, applied) where migration.checksum != known.checksum {
            throw .refused(
                message: "migration \(migration.number) (\(known.name)) of the database is not the one of "
                    + "this program: it was migrated by another build, so use that one or another database"
            )
        }
    }
}

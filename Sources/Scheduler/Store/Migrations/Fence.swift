import Postgres

/// Keeps fencing tokens rising over crashes and failovers of the database.
///
/// A standby that is promoted may have missed the last values of the sequence. So at the first sight of a
/// server process or timeline the sequence is raised to the microseconds since 1970: tokens are handed out
/// slower than that, and stay under 2^53, which JSON can carry.
enum Fence {
    static func raise(_ connection: PostgresConnection) throws(StoreError) {
        try storing(writes: true) {
            guard try connection.query(isNew).first?.bool(0) == true else { return }
            try connection.transaction { connection in
                try connection.execute("lock table fence_origin in exclusive mode")
                guard try connection.query(isNew).first?.bool(0) == true else { return }
                try connection.execute(raising)
                try connection.execute("update fence_origin set server = \(server)")
            }
        }
    }

    private static let server = """
        pg_postmaster_start_time()::text || '/' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
        """

    private static let isNew = "select server <> \(server) from fence_origin"

    private static let raising = """
        select setval('fence', greatest(
            (select last_value from fence), (extract(epoch from clock_timestamp()) * 1000000)::bigint
        ))
        """
}

import Linux
import Postgres

/// A run that was exported elsewhere and is kept here to be read.
public struct StoredImport: Sendable {
    /// What was exported, JSON.
    public var document: String
    public var importedAt: Timestamp
    public var importedBy: String
}

/// What became of an import.
public enum ImportOutcome: Sendable {
    case new
    /// An earlier import of the run has made way.
    case replaced
    /// The run is one of this server's own; nothing was changed.
    case isOwn
}

extension PostgresStore {
    /// Keeps a run to be read; `summary` is how a list shows it.
    public func keepImport(
        _ run: RunID,
        document: String,
        summary: String,
        by actor: String
    ) throws(StoreError) -> ImportOutcome {
        let rows = try write(
            Self.importing,
            [.uuid(run.uuid), .text(document), .text(summary), .text(actor)]
        )
        guard let row = rows.first else { return .isOwn }
        return try storing(writes: false) { try row.bool(0) } ? .new : .replaced
    }

    public func importedRun(_ run: RunID) throws(StoreError) -> StoredImport? {
        try read(Self.imported, [.uuid(run.uuid)]) { row in
            StoredImport(
                document: try row.text(0),
                importedAt: try row.timestamp(1),
                importedBy: try row.text(2)
            )
        }.first
    }

    /// The summaries of imported runs, those created last first; `after` is the last of the page before.
    public func importedRuns(
        after run: RunID? = nil,
        limit: Int
    ) throws(StoreError) -> [(run: RunID, summary: String)] {
        try read(Self.listing, [.uuid(run?.uuid), .int64(Int64(limit))]) { row in
            (run: RunID(try row.uuid(0)), summary: try row.text(1))
        }
    }

    /// Forgets runs that were imported so long ago.
    public func dropImports(olderThan age: Duration) throws(StoreError) {
        try write(Self.dropping, [.timestamp(try databaseTime() - age)])
    }

    private static let importing = PostgresStatement(
        "import_run",
        """
        insert into imported_run (run_id, document, summary, imported_by)
        select $1, $2, $3, $4 where not exists (select from run where run_id = $1)
        on conflict (run_id) do update set document = excluded.document, summary = excluded.summary,
            imported_by = excluded.imported_by, imported_at = clock_timestamp()
        returning xmax = 0
        """
    )

    private static let imported = PostgresStatement(
        "imported_run",
        "select document, imported_at, imported_by from imported_run where run_id = $1"
    )

    private static let listing = PostgresStatement(
        "imported_runs",
        """
        select run_id, summary from imported_run where $1::uuid is null or run_id < $1
        order by run_id desc limit $2
        """
    )

    private static let dropping = PostgresStatement(
        "drop_imported_runs",
        "delete from imported_run where imported_at < $1"
    )
}

extension Migration {
    /// Runs of other servers, kept to be read.
    static let imports = Migration(number: 12, name: "imports", sql: importsSQL)
}

private let importsSQL = """
    create table imported_run (
        run_id uuid primary key,
        document text not null,
        summary text not null,
        imported_at timestamptz not null default clock_timestamp(),
        imported_by text not null
    );
    comment on table imported_run is 'exports of runs; nothing here is ever decided on';
    comment on column imported_run.summary is 'the run as a list shows it, JSON';
    """

extension Migration {
    /// The files that attempts leave with their runs.
    static let artifacts = Migration(number: 10, name: "artifacts", sql: artifactsSQL)
}

private let artifactsSQL = """
    create table artifact (
        run_id uuid not null,
        id text collate "C" not null,
        step int not null,
        attempt int not null,
        kept_at timestamptz not null default clock_timestamp(),
        name text not null,
        media_type text not null,
        size bigint not null,
        sha256 text not null,
        body bytea not null,
        primary key (run_id, id)
    ) partition by range (run_id);
    comment on table artifact is 'files that attempts have left with their runs';
    alter table artifact alter column body set storage external;
    """

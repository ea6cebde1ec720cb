extension Migration {
    /// Runs of which others keep results stay for as long as those.
    static let keptRuns = Migration(number: 18, name: "kept runs", sql: keptRunsSQL)
}

private let keptRunsSQL = """
    create table kept_run (
        root_id uuid not null,
        by_id uuid not null,
        kept_at timestamptz not null default clock_timestamp(),
        primary key (root_id, by_id)
    );
    comment on table kept_run is 'trees of runs of which reruns keep results, and may have to undo them';
    comment on column kept_run.root_id is 'the run at the top of the tree';
    comment on column kept_run.by_id is 'the rerun; written before it, so that it may never have begun';
    """

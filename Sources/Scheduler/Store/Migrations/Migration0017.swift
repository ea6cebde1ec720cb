extension Migration {
    /// Runs whose processes stand still.
    static let freezes = Migration(number: 17, name: "freezes", sql: freezesSQL)
}

private let freezesSQL = """
    create table frozen_run (
        run_id uuid primary key,
        since timestamptz,
        actor text not null,
        total_ms bigint not null default 0
    );
    comment on table frozen_run is 'live runs that are frozen, or were; read with each heartbeat';
    comment on column frozen_run.since is 'null when it is frozen no more';
    comment on column frozen_run.total_ms is 'how long it was frozen before that';
    """

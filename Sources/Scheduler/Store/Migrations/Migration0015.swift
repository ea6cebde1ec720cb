extension Migration {
    /// Roll-ups of how runs and attempts ended, from which charts are drawn.
    static let rollups = Migration(number: 15, name: "rollups", sql: rollupsSQL)
}

private let rollupsSQL = """
    create table rollup_run (
        span text not null check (span in ('minute', 'hour')),
        at timestamptz not null,
        workflow_id bigint not null,
        status text not null,
        runs bigint not null,
        seconds double precision not null,
        buckets bigint[] not null,
        primary key (span, at, workflow_id, status)
    );
    comment on table rollup_run is 'runs that ended in a minute or an hour; made from run_end, now and then';
    comment on column rollup_run.seconds is 'from creation to end, of all of them together';

    create table rollup_duration (
        span text not null check (span in ('minute', 'hour')),
        at timestamptz not null,
        kind text not null check (kind in ('wait', 'attempt')),
        seconds double precision not null,
        buckets bigint[] not null,
        primary key (span, at, kind)
    );
    comment on table rollup_duration is 'how long steps waited and attempts ran, as each process has counted';

    -- Rows of run_end are only ever added, so that a page holds ends of about one time.
    create index run_end_time on run_end using brin (ended_at) with (pages_per_range = 16);
    """

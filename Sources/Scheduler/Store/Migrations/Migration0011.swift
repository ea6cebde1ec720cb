extension Migration {
    /// One action on many runs, worked off by whoever lives.
    static let batches = Migration(number: 11, name: "batches", sql: batchesSQL)
}

private let batchesSQL = """
    create table batch (
        batch_id uuid primary key,
        action text not null,
        filter text not null,
        actor text not null,
        reason text,
        total int not null,
        done int not null default 0,
        failed int not null default 0,
        created_at timestamptz not null default clock_timestamp(),
        ended_at timestamptz,
        leased_until timestamptz not null default clock_timestamp()
    ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
    create index batch_open on batch (leased_until) where ended_at is null;
    comment on column batch.filter is 'as it was given; the runs that matched it then are in batch_run';
    comment on column batch.leased_until is 'until then one process works on it and no other';

    create table batch_run (
        batch_id uuid not null,
        run_id uuid not null,
        is_over bool not null default false,
        failure text,
        primary key (batch_id, run_id),
        check (failure is null or is_over)
    );
    create index batch_run_open on batch_run (batch_id, run_id) where not is_over;
    create index batch_run_failed on batch_run (batch_id, run_id) where failure is not null;
    comment on column batch_run.failure is 'why the action was not done; null where it was';
    """

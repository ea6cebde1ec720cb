extension Migration {
    /// Schedules and their fires.
    static let schedules = Migration(number: 6, name: "schedules", sql: schedulesSQL)
}

private let schedulesSQL = """
    create table schedule (
        schedule_id bigint generated always as identity primary key,
        name text collate "C" not null,
        version bigint not null default 1,
        spec text not null,
        paused bool not null,
        cursor timestamptz not null,
        wake_at timestamptz,
        created_at timestamptz not null default clock_timestamp(),
        updated_at timestamptz not null default clock_timestamp(),
        deleted_at timestamptz
    ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
    create unique index schedule_name on schedule (name) where deleted_at is null;
    create index schedule_wake on schedule (wake_at) where deleted_at is null;
    comment on column schedule.version is 'counts changes; a fire holds for the version that was seen';
    comment on column schedule.cursor is 'all instants up to this one have been decided on';
    comment on column schedule.wake_at is 'when the instant after the cursor starts; null for never';
    comment on column schedule.deleted_at is 'it stays while its fires do, for its name';

    create table schedule_fire (
        schedule_id bigint not null,
        fire_at timestamptz not null,
        status text not null check (status in ('started', 'queued', 'skipped')),
        run_id uuid,
        is_open bool not null default false,
        reason text check (reason in
            ('overlap', 'catch_up', 'paused', 'replaced', 'refused', 'backfill')),
        detail text,
        instants int not null default 1,
        decided_at timestamptz not null default clock_timestamp(),
        primary key (schedule_id, fire_at),
        check ((status = 'started') = (run_id is not null))
    );
    create unique index schedule_fire_run on schedule_fire (run_id) where run_id is not null;
    create index schedule_fire_open on schedule_fire (schedule_id) where is_open;
    create index schedule_fire_queued on schedule_fire (schedule_id, fire_at) where status = 'queued';
    create index schedule_fire_age on schedule_fire (decided_at);
    comment on table schedule_fire is 'what became of each instant; exactly one row an instant';
    comment on column schedule_fire.is_open is 'the run had not ended when somebody last looked';
    comment on column schedule_fire.instants is 'how many instants that were left out together it stands for';
    """

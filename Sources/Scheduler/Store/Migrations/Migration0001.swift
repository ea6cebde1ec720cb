extension Migration {
    /// Runs, their tasks and timers, their history; workers, definitions, idempotency keys, log lines.
    static let initial = Migration(number: 1, name: "runs", sql: initialSQL)
}

private let initialSQL = """
    create table workflow (
        workflow_id bigint generated always as identity primary key,
        name text collate "C" not null unique,
        created_at timestamptz not null default clock_timestamp()
    );

    create table definition (
        definition_id bigint generated always as identity primary key,
        workflow_id bigint not null,
        version int not null,
        digest text not null,
        source text not null,
        compiled text not null,
        compiled_format int not null,
        level int not null,
        created_at timestamptz not null default clock_timestamp(),
        unique (workflow_id, version)
    );
    comment on column definition.compiled is 'what the engine runs, compiled once and never again';
    comment on column definition.level is 'the release level needed to decide or run it';

    -- Hot tables: rows of live runs alone, deleted as they end. Their updates leave indexed columns alone,
    -- and their dead rows are vacuumed by count, not by share.

    create table run_live (
        run_id uuid primary key,
        workflow_id bigint not null,
        definition_id bigint not null,
        business_key text collate "C",
        phase text not null check (phase in
            ('scheduled', 'queued', 'running', 'cancelling', 'compensating', 'ending')),
        paused bool not null,
        compensation text not null check (compensation in ('none', 'running', 'completed', 'failed')),
        version bigint not null,
        last_seq int not null,
        next_step int not null,
        state text not null
    ) with (
        fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0
    );
    create unique index run_live_key on run_live (workflow_id, business_key) where business_key is not null;
    comment on column run_live.version is 'counts transitions; each holds only for the version that it saw';
    comment on column run_live.state is 'the scopes of the run, as the engine folds them from its history';

    create table task (
        run_id uuid not null,
        step int not null,
        path text not null,
        status text not null check (status in ('ready', 'running', 'blocked', 'waiting', 'backoff')),
        queue text collate "C" not null,
        priority smallint not null,
        ready_at timestamptz not null,
        level smallint not null,
        worker_id uuid,
        token bigint,
        started_at timestamptz,
        attempt int not null,
        losses int not null,
        cancel bool not null default false,
        bound_ms bigint not null,
        spec text not null,
        input text not null,
        attempts text,
        checkpoint text,
        primary key (run_id, step),
        check ((status = 'running') = (token is not null)),
        check ((token is null) = (worker_id is null) and (token is null) = (started_at is null))
    ) with (
        fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0
    );
    -- A claim walks this index from a bound by (-priority, ready_at), which both rise.
    create index task_ready on task (queue, (-priority), ready_at) where status = 'ready';
    create unique index task_held on task (token) where token is not null;
    comment on column task.token is 'fencing token of the claim; what another holds or held is never written';
    comment on column task.ready_at is 'when the task last entered the ready index';
    comment on column task.cancel is 'the worker that holds the task is to stop it';
    comment on column task.bound_ms is 'the longest that an attempt may take, grace included; 0 for no bound';

    create table timer (
        run_id uuid not null,
        step int not null,
        kind text not null check (kind in
            ('sleep', 'backoff', 'round', 'timeout', 'queue_timeout', 'run_timeout', 'start',
            'proceed')),
        due_at timestamptz not null,
        primary key (run_id, step, kind)
    ) with (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0
    );
    create index timer_due on timer (due_at);
    comment on column timer.step is '0 for the timers of the run itself';

    create table worker (
        worker_id uuid primary key,
        about text not null,
        level int not null,
        registered_at timestamptz not null default clock_timestamp(),
        expires_at timestamptz not null
    ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
    comment on table worker is 'one row an incarnation of a worker process';
    comment on column worker.expires_at is 'its lease, by the database''s clock; prolonged in time or never';

    create table idempotency (
        principal text collate "C" not null,
        key text collate "C" not null,
        body_hash text not null,
        answer text not null,
        run_id uuid not null,
        created_at timestamptz not null default clock_timestamp(),
        primary key (principal, key)
    );
    create index idempotency_age on idempotency (created_at);

    create sequence fence;
    comment on sequence fence is 'fencing tokens; raised to microseconds since 1970 for each new server';
    create table fence_origin (server text not null);
    comment on table fence_origin is 'the server process and timeline for which the sequence was last raised';
    insert into fence_origin values ('');

    -- Cold tables: rows are only ever inserted. Partitioned by the time in the run's id; a partition is
    -- dropped whole. No default partition and no foreign keys, which would make that slow.

    create table run (
        run_id uuid primary key,
        workflow_id bigint not null,
        definition_id bigint not null,
        business_key text collate "C",
        priority smallint not null,
        labels jsonb not null,
        scheduled_at timestamptz,
        actor text not null,
        input text not null
    ) partition by range (run_id);
    create index run_workflow on run (workflow_id, run_id);
    create index run_key on run (business_key, run_id) where business_key is not null;
    comment on column run.run_id is 'UUIDv7: holds the time of creation, by the clock of the database';

    create table run_end (
        run_id uuid primary key,
        status text not null check (status in ('succeeded', 'failed', 'cancelled', 'terminated')),
        compensation text not null check (compensation in ('none', 'running', 'completed', 'failed')),
        ended_at timestamptz not null,
        error_type text,
        output text,
        error text
    ) partition by range (run_id);
    create index run_end_status on run_end (status, run_id);
    create index run_end_error on run_end (error_type, run_id) where error_type is not null;
    comment on table run_end is 'how a run ended; a run without a row here is live and has one in run_live';

    create table step (
        run_id uuid not null,
        step int not null,
        scope int not null,
        path text not null,
        status text not null check (status in
            ('succeeded', 'failed', 'skipped', 'cancelled', 'compensated', 'compensation_failed')),
        token bigint,
        ended_seq int not null,
        started_at timestamptz,
        ended_at timestamptz not null,
        compensates bool not null,
        attempts text,
        input text,
        output text,
        error text,
        primary key (run_id, step)
    ) partition by range (run_id);
    create index step_compensates on step (run_id, ended_seq) where compensates;
    comment on table step is 'steps that have ended; one that has not is a task or is in run_live.state';
    comment on column step.compensates is 'has a compensation, which would run if the run failed now';

    create table history (
        run_id uuid not null,
        seq int not null,
        count int not null,
        at timestamptz not null,
        events text not null,
        primary key (run_id, seq)
    ) partition by range (run_id);
    comment on column history.seq is 'of the first event; the next row has seq + count';

    create sequence step_log_position;
    create table step_log (
        run_id uuid not null,
        token bigint not null,
        line int not null,
        position bigint not null default nextval('step_log_position'),
        step int not null,
        attempt int not null,
        at timestamptz not null,
        level text not null check (level in ('debug', 'info', 'warning', 'error')),
        message text not null,
        fields text,
        primary key (run_id, token, line)
    ) partition by range (run_id);
    create index step_log_read on step_log (run_id, position);
    comment on column step_log.position is 'rises in the order of writing, over all runs';
    """

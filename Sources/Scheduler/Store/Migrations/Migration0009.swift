extension Migration {
    /// What operators say of queues and workers.
    static let queues = Migration(number: 9, name: "queues", sql: queuesSQL)
}

private let queuesSQL = """
    create table queue (
        name text collate "C" primary key,
        weight int not null default 1 check (weight between 1 and 1000),
        paused bool not null default false,
        concurrency int check (concurrency > 0),
        rate_limit int check (rate_limit > 0),
        rate_ms bigint check (rate_ms > 0),
        check ((rate_limit is null) = (rate_ms is null))
    );
    create index queue_bounded on queue (name) where concurrency is not null or rate_limit is not null;
    comment on table queue is 'what operators have said of a queue; one without a row has no bounds';

    create table queue_start (
        queue text collate "C" not null,
        at timestamptz not null default clock_timestamp()
    ) with (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0
    );
    create index queue_start_at on queue_start (queue, at);
    comment on table queue_start is 'attempts that were started lately from a queue with a rate';

    alter table task add column needs text;
    comment on column task.needs is 'what a worker must be able to do, in words; null for nothing';

    alter table worker add column draining bool not null default false;
    comment on column worker.draining is 'it is to claim nothing more';
    alter table worker add column abilities text[];
    comment on column worker.abilities is 'what tasks may need that it has; null for everything';
    """

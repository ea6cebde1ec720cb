extension Migration {
    /// Slots and rates: who holds one, who stands in line, and the row that is locked to decide.
    static let admission = Migration(number: 5, name: "admission", sql: admissionSQL)
}

private let admissionSQL = """
    create table admission_key (key text collate "C" primary key);
    comment on table admission_key is 'the row that is locked by who gives slots or starts of a key';

    create table slot (
        key text collate "C" not null,
        n int not null,
        run_id uuid not null,
        step int not null,
        since timestamptz not null default clock_timestamp(),
        primary key (key, n)
    ) with (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0
    );
    create unique index slot_holder on slot (run_id, step);
    comment on table slot is 'a slot of a concurrency key that is held; never a counter';
    comment on column slot.step is '0 for the slot of the run itself';

    create table rate_start (
        key text collate "C" not null,
        n int not null,
        run_id uuid not null,
        step int not null,
        per_ms bigint not null,
        until timestamptz,
        primary key (key, n)
    ) with (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0
    );
    create index rate_start_holder on rate_start (run_id, step);
    comment on table rate_start is 'an attempt that counts, or will count, as started under a rate key';
    comment on column rate_start.until is 'when it counts no more; null while the attempt has not ended';

    create table applicant (
        run_id uuid not null,
        step int not null,
        slot_key text collate "C",
        slot_limit int,
        rate_key text collate "C",
        rate_limit int,
        rate_ms bigint,
        replaces bool not null,
        rank smallint not null,
        since timestamptz not null,
        primary key (run_id, step),
        check (slot_key is not null or rate_key is not null)
    ) with (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0
    );
    create index applicant_slot on applicant (slot_key, rank, since, run_id, step)
        where slot_key is not null;
    create index applicant_rate on applicant (rate_key, rank, since, run_id, step)
        where rate_key is not null;
    comment on table applicant is 'who stands in line for a slot or a start; its task is blocked';
    comment on column applicant.rank is 'the priority negated: the line is served by rank and time';
    """

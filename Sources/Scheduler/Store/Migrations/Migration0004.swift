extension Migration {
    /// Signals that wait for a step, and what an answer to a deferred attempt is recognised by.
    static let signals = Migration(number: 4, name: "signals", sql: signalsSQL)
}

private let signalsSQL = """
    create table signal (
        run_id uuid not null,
        name text collate "C" not null,
        number int not null,
        payload text not null,
        primary key (run_id, name, number)
    ) with (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0
    );
    comment on table signal is 'signals that no step has taken yet; gone when one does, and with the run';
    comment on column signal.number is 'the n-th of its name in the run';

    alter table task add column callback bytea;
    comment on column task.callback is 'SHA-256 of the secret in the callback token of the last attempt';

    alter table timer drop constraint timer_kind_check;
    alter table timer add constraint timer_kind_check check (kind in
        ('sleep', 'backoff', 'round', 'timeout', 'heartbeat', 'queue_timeout', 'run_timeout', 'start',
        'proceed'));
    """

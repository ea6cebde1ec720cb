extension Migration {
    /// Child runs, and what runs tell each other.
    static let family = Migration(number: 8, name: "child runs", sql: familySQL)
}

private let familySQL = """
    alter table run add parent_id uuid, add parent_step int, add parent_path text, add root_id uuid,
        add depth int, add undoes_id uuid;
    create index run_parent on run (parent_id, parent_step) where parent_id is not null;
    create index run_root on run (root_id) where root_id is not null;
    comment on column run.root_id is 'the run at the top of the tree; null for that run itself';
    comment on column run.undoes_id is 'the run whose effects this one undoes';

    create table outbox (
        source_id uuid not null,
        seq int not null,
        step int not null,
        run_id uuid not null,
        kind text not null check (kind in
            ('start', 'undo', 'ended', 'cancel', 'terminate', 'pause', 'resume')),
        body text not null,
        created_at timestamptz not null default clock_timestamp(),
        primary key (source_id, seq, step)
    ) with (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0
    );
    create index outbox_age on outbox (created_at);
    create index outbox_target on outbox (run_id);
    comment on table outbox is 'what one run tells another, from the one''s transition to the other''s';
    """

extension Migration {
    /// Runs that have ended may go on, and tell their children so.
    static let revivals = Migration(number: 14, name: "revivals", sql: revivalsSQL)
}

private let revivalsSQL = """
    alter table outbox drop constraint outbox_kind_check;
    alter table outbox add constraint outbox_kind_check check (kind in
        ('start', 'undo', 'ended', 'cancel', 'terminate', 'pause', 'resume', 'retry'));
    create index run_undoes on run (undoes_id) where undoes_id is not null;
    """

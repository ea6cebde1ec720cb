extension Migration {
    /// API keys and the sessions of browsers.
    static let access = Migration(number: 3, name: "access", sql: accessSQL)
}

private let accessSQL = """
    create table access_key (
        name text collate "C" primary key,
        role text not null check (role in ('viewer', 'operator', 'admin')),
        hash text not null unique,
        created_at timestamptz not null default clock_timestamp(),
        created_by text not null
    );
    comment on column access_key.hash is 'SHA-256 of the secret, which is stored nowhere';

    create table session (
        hash text primary key,
        key text collate "C" not null references access_key (name) on delete cascade,
        expires_at timestamptz not null
    );
    comment on table session is 'browsers that have traded a key for a cookie';
    """

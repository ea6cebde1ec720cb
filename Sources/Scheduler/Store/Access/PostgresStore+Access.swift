import Linux
import Postgres

extension PostgresStore {
    /// What came of a change to the keys.
    public enum KeyChange: Sendable, Hashable {
        case done
        case unknown
        case nameTaken
        /// The last admin's key stays while there are others: nobody could manage those.
        case lastAdmin
    }

    public func accessRights() throws(StoreError) -> AccessRights {
        let keys = try read(Self.keys, []) { row in
            AccessKey(
                name: try row.text(0),
                role: Role(rawValue: try row.text(1)) ?? .viewer,
                hash: try row.text(2),
                createdAt: try row.timestamp(3),
                createdBy: try row.text(4)
            )
        }
        guard !keys.isEmpty else { return AccessRights(keys: [], sessions: []) }
        let sessions = try read(Self.sessions, []) { row in
            Session(hash: try row.text(0), key: try row.text(1), expiresAt: try row.timestamp(2))
        }
        return AccessRights(keys: keys, sessions: sessions)
    }

    /// Stores a new key; the first one must be an admin's.
    public func addKey(
        name: String,
        role: Role,
        hash: String,
        by actor: String
    ) throws(StoreError) -> KeyChange {
        let parameters: [PostgresValue] = [.text(name), .text(role.rawValue), .text(hash), .text(actor)]
        guard try write(Self.addKey, parameters).isEmpty else { return .done }
        return try accessRights().keys.contains { $0.name == name } ? .nameTaken : .lastAdmin
    }

    /// Ends a key and the sessions that it opened.
    public func removeKey(name: String) throws(StoreError) -> KeyChange {
        guard try write(Self.removeKey, [.text(name)]).isEmpty else { return .done }
        return try accessRights().keys.contains { $0.name == name } ? .lastAdmin : .unknown
    }

    /// Opens a session for a key; nil if the key has gone meanwhile.
    public func openSession(hash: String, key: String, lasting: Duration) throws(StoreError) -> Timestamp? {
        let milliseconds = lasting.components.seconds * 1_000
        return try write(Self.openSession, [.text(hash), .text(key), .int64(milliseconds)]).first
            .flatMap { try? $0.timestamp(0) }
    }

    public func endSession(hash: String) throws(StoreError) {
        try write(Self.endSession, [.text(hash)])
    }

    private static let keys = PostgresStatement(
        "access_keys",
        "select name, role, hash, created_at, created_by from access_key order by name"
    )

    private static let sessions = PostgresStatement(
        "sessions",
        "select hash, key, expires_at from session where expires_at > clock_timestamp()"
    )

    private static let addKey = PostgresStatement(
        "add_access_key",
        """
        insert into access_key (name, role, hash, created_by) select $1::text, $2::text, $3::text, $4::text
        where $2::text = 'admin' or exists (select from access_key where role = 'admin')
        on conflict do nothing returning name
        """
    )

    private static let removeKey = PostgresStatement(
        "remove_access_key",
        """
        delete from access_key k where name = $1::text
            and (role <> 'admin'
                or exists (select from access_key o where o.role = 'admin' and o.name <> k.name)
                or not exists (select from access_key o where o.name <> k.name))
        returning name
        """
    )

    /// Those that have run out go along; nothing else looks after them.
    private static let openSession = PostgresStatement(
        "open_session",
        """
        with ended as (delete from session where expires_at < clock_timestamp())
        insert into session (hash, key, expires_at)
        select $1::text, name, clock_timestamp() + $3::int8 * interval '1 millisecond'
        from access_key where name = $2::text
        returning expires_at
        """
    )

    private static let endSession = PostgresStatement(
        "end_session",
        "delete from session where hash = $1::text"
    )
}

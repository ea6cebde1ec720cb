import Postgres

/// The rows that are locked by who gives slots or starts of a key, by name.
enum AdmissionLock {
    static func slot(_ key: String) -> String { "slot \(key)" }
    static func rate(_ key: String) -> String { "rate \(key)" }

    fileprivate static let make = PostgresStatement(
        "admission_keys_make",
        """
        insert into admission_key (key) select key from unnest($1::text[]) as n(key) order by key
        on conflict do nothing
        """
    )

    fileprivate static let lock = PostgresStatement(
        "admission_keys_lock",
        """
        select k.key from admission_key k where k.key = any ($1::text[]) order by k.key for no key update
        """
    )

    /// A page of names after `$1`, of which those go that nobody holds, waits for or locks.
    fileprivate static let prune = PostgresStatement(
        "prune_admission_keys",
        """
        with page as materialized (
            select key, substr(key, 6) as own from admission_key where key > $1 order by key limit $2),
        unused as materialized (
            select k.ctid as place from page p join admission_key k on k.key = p.key
            where case when p.key like 'slot %'
                then not exists (select from slot s where s.key = p.own)
                    and not exists (select from applicant a where a.slot_key = p.own)
                else not exists (select from rate_start r where r.key = p.own)
                    and not exists (select from applicant a where a.rate_key = p.own) end
            for update of k skip locked),
        gone as (delete from admission_key where ctid = any (array(select place from unused)) returning 1)
        select max(key), count(*), (select count(*) from gone) from page
        """
    )
}

extension PostgresConnection {
    /// Locks these names, in their order, until the transaction ends.
    ///
    /// One that was pruned between its making and its locking is made again: who locks nothing excludes
    /// nobody.
    func lockAdmission(_ names: [String]) throws {
        let parameters: [PostgresValue] = [.texts(names)]
        while true {
            let results = try pipeline([
                PostgresCommand(AdmissionLock.make, parameters),
                PostgresCommand(AdmissionLock.lock, parameters),
            ])
            if results[1].count == names.count { return }
        }
    }
}

extension PostgresStore {
    /// Forgets the keys that nobody uses, so many looked at in a transaction; gives how many went.
    @discardableResult
    public func pruneAdmissionKeys(pageSize: Int = 1_000) throws(StoreError) -> Int {
        var last = ""
        var pruned = 0
        while true {
            let row = try write(AdmissionLock.prune, [.text(last), .int64(Int64(pageSize))])[0]
            let seen = try storing(writes: false) { Int(try row.int64(1)) }
            pruned += try storing(writes: false) { Int(try row.int64(2)) }
            guard seen == pageSize else { return pruned }
            last = try storing(writes: false) { try row.text(0) }
        }
    }
}

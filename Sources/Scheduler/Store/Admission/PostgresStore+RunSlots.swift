import Linux
import Postgres

/// Whether a run of a workflow with `concurrency` has its slot before it begins.
public enum RunEntry: Sendable, Hashable {
    case held
    /// No slot is free: it stands in line once it begins.
    case full
    /// No slot is free, and the workflow wants no line: `on_conflict: reject`.
    case rejected(by: [RunID])
}

extension PostgresStore {
    /// Takes a slot for a run that is about to begin, if one is free and nobody stands in line for it.
    ///
    /// Whoever submits a run calls it first: the API, a parent, a schedule. With `held` the submission says
    /// ``Submission/holdsSlot``; should the run not begin after all, ``leave(_:)`` gives the slot back.
    /// Without the call a run stands in line like any other, so that only `reject` needs it.
    public func enter(
        _ run: RunID,
        _ slot: Admission.Slot,
        onConflict conflict: RunConcurrency.Conflict
    ) throws(StoreError) -> RunEntry {
        try connect()
        return try storing(writes: true) {
            try connection.transaction { _ in
                let (entry, holders) = try takeSlot(slot, for: run)
                return entry == .full && conflict == .reject ? .rejected(by: holders) : entry
            }
        }
    }

    /// Takes a slot if one is free and nobody stands in line for it, in the transaction that is open; gives
    /// who holds them.
    func takeSlot(_ slot: Admission.Slot, for run: RunID) throws -> (RunEntry, holders: [RunID]) {
        try connection.lockAdmission([AdmissionLock.slot(slot.key)])
        let rows = try connection.query(Self.holders, [.text(slot.key)])
        let held = Set(try rows.map { Int(try $0.int32(0)) })
        let isLine = try connection.query(Self.line, [.text(slot.key)]).first != nil
        guard held.count < slot.limit, !isLine else {
            return (.full, holders: try rows.map { RunID(try $0.uuid(1)) })
        }
        let number = (1...(held.count + 1)).first { !held.contains($0) } ?? 1
        try connection.query(Self.take, [.text(slot.key), .int64(Int64(number)), .uuid(run.uuid)])
        return (.held, holders: [])
    }

    /// Gives back the slot of a run that did not begin.
    public func leave(_ run: RunID) throws(StoreError) {
        try write(Self.giveBack, [.uuid(run.uuid)])
    }

    private static let holders = PostgresStatement(
        "run_slot_holders",
        "select n, run_id from slot where key = $1 order by since, n"
    )

    private static let line = PostgresStatement(
        "run_slot_line",
        "select 1 from applicant where slot_key = $1 limit 1"
    )

    private static let take = PostgresStatement(
        "run_slot_take",
        "insert into slot (key, n, run_id, step) values ($1, $2, $3, 0)"
    )

    private static let giveBack = PostgresStatement(
        "run_slot_give_back",
        """
        delete from slot where run_id = $1 and step = 0
            and not exists (select from run_live l where l.run_id = $1)
        """
    )
}

import JSON
import Linux
import Postgres

extension PostgresStore: RevivalStore {
    public func ended(_ run: RunID) throws(StoreError) -> EndedRun? {
        guard var ended = try read(Self.endedRun, [.uuid(run.uuid)], { try Self.ended($0, run) }).first
        else { return nil }
        for text in try read(Self.wholeHistory, [.uuid(run.uuid)], { try $0.text(0) }) {
            do {
                ended.history += try HistoryEvent.decode(text)
            } catch {
                throw .refused(message: "the history of run \(run) cannot be read: \(error)")
            }
        }
        return ended
    }

    public func endedSteps(_ steps: [Int], of run: RunID) throws(StoreError) -> [Int: EndedStep] {
        let parameters: [PostgresValue] = [.uuid(run.uuid), .int64s(steps.map { Int64($0) })]
        let rows = try read(Self.endedStepsByNumber, parameters, Self.endedStep)
        return Dictionary(rows.map { ($0.step, $0) }) { $1 }
    }

    public func endedSteps(ofScope scope: Int, of run: RunID) throws(StoreError) -> [EndedStep] {
        try read(Self.endedStepsByScope, [.uuid(run.uuid), .int64(Int64(scope))], Self.endedStep)
    }

    private static let endedRun = PostgresStatement(
        "ended_run",
        """
        select r.definition_id, r.input, r.business_key, r.labels::text, r.priority::int, r.scheduled_at,
            r.parent_id, r.parent_step, r.parent_path, r.root_id, r.depth, r.undoes_id,
            e.status, e.compensation, e.output, e.error
        from run r cross join lateral (select * from run_end e where e.run_id = r.run_id offset 0) e
        where r.run_id = $1
        """
    )

    private static let wholeHistory = PostgresStatement(
        "whole_history",
        "select events from history where run_id = $1 order by seq"
    )

    private static let endedStepsByNumber = endedSteps(where: "step = any ($2::int[])", "ended_steps")
    private static let endedStepsByScope = endedSteps(
        where: "(scope = $2::int or path like '%!')",
        "ended_steps_of_scope"
    )

    private static func endedSteps(where condition: String, _ name: String) -> PostgresStatement {
        PostgresStatement(
            name,
            """
            select step, scope, path, status, token, ended_seq, started_at, ended_at, compensates, attempts,
                input, output, error
            from step where run_id = $1 and \(condition)
            """
        )
    }

    private static func ended(_ row: PostgresRow, _ run: RunID) throws -> EndedRun {
        let facts = RunFacts(
            input: try Payload(stored: try row.text(1)),
            key: try row.optionalText(2),
            labels: try labels(row.text(3)),
            priority: Int(try row.int32(4)),
            createdAt: run.createdAt,
            scheduledAt: try row.optionalTimestamp(5),
            parent: try parent(row, from: 6),
            undoes: try row.optionalUUID(11).map { RunID($0) }
        )
        let end = RunEnd(
            status: try stored(row, 12),
            compensation: try stored(row, 13),
            output: try row.optionalText(14).map { try Payload(stored: $0) },
            error: try error(row, 15)
        )
        return EndedRun(definition: try row.int64(0), facts: facts, end: end, history: [])
    }

    private static func endedStep(_ row: PostgresRow) throws -> EndedStep {
        EndedStep(
            step: Int(try row.int32(0)),
            scope: Int(try row.int32(1)),
            path: try row.text(2),
            status: try stored(row, 3),
            token: try row.optionalInt64(4),
            endedSeq: Int(try row.int32(5)),
            startedAt: try row.optionalTimestamp(6),
            endedAt: try row.timestamp(7),
            compensates: try row.bool(8),
            attempts: try row.optionalText(9),
            input: try row.optionalText(10).map { try Payload(stored: $0) },
            output: try row.optionalText(11).map { try Payload(stored: $0) },
            error: try error(row, 12)
        )
    }

    private static func error(_ row: PostgresRow, _ column: Int) throws -> StepError? {
        try row.optionalText(column).flatMap { StepError(json: try JSONValue.parse($0)) }
    }
}

// MARK: - Taking back an end

extension PostgresStore {
    /// Writes transitions of which some take back the end of their run, each of those in a transaction of
    /// its own.
    func commitWithRevivals(_ batch: Batch) throws(StoreError) -> BatchResult {
        var revived: [Int: TransitionResult] = [:]
        for (index, transition) in batch.transitions.enumerated() where transition.withdraws != nil {
            revived[index] = try revive(transition)
        }
        let others = batch.transitions.filter { $0.withdraws == nil }
        var result: BatchResult
        do {
            result = try commit(Batch(transitions: others, claim: batch.claim))
        } catch  where revived.isEmpty {
            throw error
        } catch {
            throw .unknownCommit(message: "a part of the batch was written, then: \(error)")
        }
        var rest = result.results.makeIterator()
        result.results = batch.transitions.indices.compactMap { revived[$0] ?? rest.next() }
        return result
    }

    /// The run is live again, what its end had written is gone, and the transition is written: or nothing.
    private func revive(_ transition: Transition) throws(StoreError) -> TransitionResult {
        guard let withdrawal = transition.withdraws, let version = transition.expectedVersion else {
            return .overtaken
        }
        let run = transition.run
        do {
            return try storing(writes: true) {
                do {
                    return try connection.transaction { _ in
                        try makeLive(run, withdrawal, version)
                        let result = try write(Batch(transitions: [transition])).results[0]
                        guard case .applied = result else { throw Unwritten(result) }
                        return result
                    }
                } catch let unwritten as Unwritten {
                    return unwritten.result
                }
            }
        } catch .refused(let message) {
            return .refused(message: message)
        }
    }

    private func makeLive(_ run: RunID, _ withdrawal: Withdrawal, _ version: Int64) throws {
        let id = PostgresValue.uuid(run.uuid)
        let end = try connection.query(Self.lockEnd, [id]).first
        guard try end?.int32(0) == Int32(withdrawal.lastSeq) else { throw Unwritten(.overtaken) }
        guard try connection.query(Self.revive, [id, .int64(version)]).first != nil else {
            let holder = try connection.query(Self.keyHolder, [id]).first
            throw Unwritten(try holder.map { .keyTaken(by: RunID(try $0.uuid(0))) } ?? .overtaken)
        }
        if let slot = withdrawal.slot {
            let (entry, holders) = try takeSlot(slot, for: run)
            guard entry == .held else {
                let shown = holders.prefix(5).map(\.description).joined(separator: ", ")
                throw Unwritten(
                    .declined(
                        reason: "no slot of “\(slot.key)” is free (held by \(shown)): retry it when one is"
                    )
                )
            }
        }
        try connection.query(Self.withdrawSteps, [id, .int64s(withdrawal.steps.map { Int64($0) })])
        try withdrawFromRollups(run)
        try connection.query(Self.withdrawEnd, [id])
        try connection.query(Self.reopenFire, [id])
    }

    /// What became of it instead; the transaction is rolled back.
    private struct Unwritten: Error {
        var result: TransitionResult

        init(_ result: TransitionResult) { self.result = result }
    }

    private static let lockEnd = PostgresStatement(
        "lock_end",
        """
        select (
            select h.seq + h.count - 1 from history h where h.run_id = e.run_id order by h.seq desc limit 1)
        from run_end e where e.run_id = $1 for update
        """
    )

    private static let revive = PostgresStatement(
        "revive_run",
        """
        insert into run_live (run_id, workflow_id, definition_id, business_key, phase, paused, compensation,
            version, last_seq, next_step, state)
        select run_id, workflow_id, definition_id, business_key, 'running', false, 'none',
            $2::bigint, 0, 1, ''
        from run where run_id = $1 on conflict do nothing returning run_id
        """
    )

    private static let keyHolder = PostgresStatement(
        "revival_key_holder",
        """
        select l.run_id from run r join run_live l
            on l.workflow_id = r.workflow_id and l.business_key = r.business_key
        where r.run_id = $1
        """
    )

    private static let withdrawSteps = PostgresStatement(
        "withdraw_steps",
        "delete from step where run_id = $1 and step = any ($2::int[])"
    )

    private static let withdrawEnd = PostgresStatement(
        "withdraw_end",
        "delete from run_end where run_id = $1"
    )

    /// The schedule counts the run among its live ones again.
    private static let reopenFire = PostgresStatement(
        "reopen_fire",
        "update schedule_fire set is_open = true where run_id = $1"
    )
}

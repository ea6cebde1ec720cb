import Linux
import Postgres

extension PostgresStore: Store {
    public func commit(_ batch: Batch) throws(StoreError) -> BatchResult {
        try connect()
        if batch.transitions.contains(where: { $0.withdraws != nil }) { return try commitWithRevivals(batch) }
        do {
            var result = try write(batch)
            claimBounded(batch.claim, into: &result)
            claimAlone(batch.claim, into: &result)
            return result
        } catch let error as PostgresError where error.isAboutData && !batch.transitions.isEmpty {
            return try commitApart(batch, error)
        } catch let error as PostgresError {
            throw StoreError(error, writes: true)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .refused(message: "a claimed task cannot be read: \(error)")
        }
    }

    /// Finds the transition that is at fault by halving the batch, and commits the others.
    private func commitApart(_ batch: Batch, _ error: PostgresError) throws(StoreError) -> BatchResult {
        let transitions = batch.transitions
        guard transitions.count > 1 else { return try commitGuilty(batch, error) }
        let middle = transitions.count / 2
        var result = try commit(Batch(transitions: Array(transitions[..<middle])))
        do {
            let others = try commit(Batch(transitions: Array(transitions[middle...]), claim: batch.claim))
            result.results += others.results
            result.claimed += others.claimed
            result.now = others.now
            return result
        } catch {
            throw .unknownCommit(message: "a part of the batch was written, then: \(error)")
        }
    }

    /// Commits the one transition that failed after its partition was created, or refuses it.
    private func commitGuilty(_ batch: Batch, _ error: PostgresError) throws(StoreError) -> BatchResult {
        guard error.isMissingPartition else {
            var result = try commit(Batch(transitions: [], claim: batch.claim))
            result.results = [.refused(message: error.description)]
            return result
        }
        do {
            try PartitionKeeper(connection).create(for: batch.transitions.map(\.run))
        } catch .refused(let message) {
            return BatchResult(results: [.refused(message: message)], claimed: [], now: .now)
        }
        return try storing(writes: true) { try write(batch) }
    }

    func write(_ batch: Batch) throws -> BatchResult {
        let rows = CommitRows(batch.transitions, claim: batch.claim)
        var commands: [PostgresCommand] = []
        if !batch.transitions.isEmpty {
            let (commit, surplus) = commitStatements.statement(of: CommitShape(rows))
            if let surplus { try connection.forget(surplus) }
            commands.append(
                PostgresCommand(commit.statement, commit.parameters(rows, claim: batch.claim))
            )
            commands += IdempotencyKeys.releasing(rows)
        }
        let claims = batch.claim.flatMap { claimCommand($0, limit: $0.limit - rows.successors) }
        let results = try run(commands + (claims.map { [$0] } ?? []))

        var outcome = CommitOutcome(rows)
        if !batch.transitions.isEmpty { try results[0].forEach { try outcome.read($0) } }
        if claims != nil, let claimed = results.last { try take(claimed, into: &outcome) }
        return BatchResult(
            results: try outcome.results { try IdempotencyKeys.conflict($0, connection) },
            claimed: outcome.claimed,
            now: outcome.now
        )
    }

    /// Claims what has to be counted first; what the batch has written is written whatever becomes of it.
    private func claimBounded(_ claim: ClaimRequest?, into result: inout BatchResult) {
        guard let claim, claim.alone != .only, claim.limit > result.claimed.count,
            let queues = try? boundedQueues.among(claim.queues, over: connection), !queues.isEmpty,
            let bounded = try? BoundedQueues.claim(
                claim,
                from: queues,
                limit: claim.limit - result.claimed.count,
                over: connection
            )
        else { return }
        result.claimed += bounded.tasks
        result.isHeldBack = bounded.isCut
    }

    /// Claims a task that must run alone, for a worker that lets it.
    private func claimAlone(_ claim: ClaimRequest?, into result: inout BatchResult) {
        guard var claim, claim.alone != .never, claim.limit > 0, result.claimed.isEmpty else { return }
        claim.abilities?.insert(TaskSpec.alone)
        let stretches = claim.queues.map { ClaimWatermarks.Range(everythingOf: $0) }
        let parameters = ClaimStatement.parameters(claim, limit: 1, stretches)
        let rows = try? connection.query(ClaimStatement.alone, parameters).map(ClaimStatement.task)
        result.claimed = rows ?? []
        guard result.claimed.isEmpty,
            let queues = try? boundedQueues.among(claim.queues, over: connection), !queues.isEmpty,
            let bounded = try? BoundedQueues.claim(
                claim,
                from: queues,
                limit: 1,
                by: ClaimStatement.aloneBounded,
                over: connection
            )
        else { return }
        result.claimed = bounded.tasks
    }

    private func claimCommand(_ claim: ClaimRequest, limit: Int) -> PostgresCommand? {
        guard limit > 0, !claim.queues.isEmpty, claim.alone != .only else { return nil }
        var stretches = watermarks.ranges(of: claim.queues)
        for index in stretches.indices {
            stretches[index].running = claim.running[stretches[index].queue] ?? 0
        }
        return PostgresCommand(
            claim.queues.count > 1 ? ClaimStatement.shared : ClaimStatement.statement,
            ClaimStatement.parameters(claim, limit: limit, stretches)
        )
    }

    private func take(_ claimed: PostgresResult, into outcome: inout CommitOutcome) throws {
        for row in claimed {
            let task = try ClaimStatement.task(row)
            outcome.add(task)
            try ClaimStatement.advance(&watermarks, past: row)
        }
    }

    private func run(_ commands: [PostgresCommand]) throws -> [PostgresResult] {
        guard commands.count == 1 else { return try connection.pipeline(commands) }
        return [try connection.query(commands[0].statement, commands[0].parameters)]
    }
}

extension PostgresError {
    /// Whether what was to be written is at fault, and not the moment.
    fileprivate var isAboutData: Bool {
        switch kind {
        case .misuse: true
        case .server: ["22", "23", "54"].contains(sqlState?.classCode)
        default: false
        }
    }

    fileprivate var isMissingPartition: Bool {
        sqlState == .checkViolation && constraint == nil && message.hasPrefix("no partition of relation")
    }
}

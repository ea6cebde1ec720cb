import CPQ

/// A prepared statement with its parameters, as one of a pipeline.
public struct PostgresCommand: Sendable {
    public var statement: PostgresStatement
    public var parameters: [PostgresValue]

    public init(_ statement: PostgresStatement, _ parameters: [PostgresValue] = []) {
        self.statement = statement
        self.parameters = parameters
    }
}

extension PostgresConnection {
    /// Runs several statements in one round trip and, unless a transaction is open, as one transaction.
    ///
    /// Gives the results in order. When one fails, none is done, and its error is thrown with its
    /// `pipelineIndex`; an error of the commit itself (a deferred constraint) has none.
    public func pipeline(_ commands: [PostgresCommand]) throws(PostgresError) -> [PostgresResult] {
        guard !commands.isEmpty else { return [] }
        let raw = try ready(for: commands[0].statement.name)
        let mayCommit = PQtransactionStatus(raw) == PQTRANS_IDLE
        let ranges = try encode(commands)
        PQenterPipelineMode(raw)
        defer { if self.raw != nil { PQexitPipelineMode(raw) } }
        guard send(commands, ranges, to: raw) else { throw failure("pipeline", nil, mayCommit: mayCommit) }

        var results: [PostgresResult] = []
        var first: PostgresError?
        for (index, command) in commands.enumerated() {
            do {
                results.append(try reply(to: command.statement.name, from: raw, mayCommit: mayCommit))
            } catch {
                guard error.kind != .lost else { throw error }
                var error = error
                error.pipelineIndex = index
                first = first ?? error
            }
        }
        let commitError = try synchronized(raw, mayCommit: mayCommit)
        if let error = first ?? commitError { throw error }
        return results
    }

    /// Encodes everything before anything is sent: what has been sent cannot be taken back.
    private func encode(_ commands: [PostgresCommand]) throws(PostgresError) -> [Range<Int>] {
        arena.reset()
        var ranges: [Range<Int>] = []
        for (index, command) in commands.enumerated() {
            let statement = try prepare(command.statement)
            do {
                ranges.append(try arena.add(command.parameters, as: statement.parameterTypes))
            } catch {
                var error = error.during(command.statement.name)
                error.pipelineIndex = index
                throw error
            }
        }
        arena.seal()
        return ranges
    }

    /// Queues the statements and one sync.
    ///
    /// libpq reads replies while it cannot write, so client and server never wait for each other.
    private func send(_ commands: [PostgresCommand], _ ranges: [Range<Int>], to raw: OpaquePointer) -> Bool {
        let (pointers, lengths, formats) = (arena.pointers, arena.lengths, arena.formats)
        return pointers.withUnsafeBufferPointer { pointers in
            lengths.withUnsafeBufferPointer { lengths in
                formats.withUnsafeBufferPointer { formats in
                    zip(commands, ranges).allSatisfy { command, range in
                        PQsendQueryPrepared(
                            raw,
                            command.statement.name,
                            Int32(range.count),
                            pointers.baseAddress.map { $0 + range.lowerBound },
                            lengths.baseAddress.map { $0 + range.lowerBound },
                            formats.baseAddress.map { $0 + range.lowerBound },
                            1
                        ) == 1
                    } && PQpipelineSync(raw) == 1
                }
            }
        }
    }

    /// Takes the reply to one statement, and the end of it.
    private func reply(
        to label: String,
        from raw: OpaquePointer,
        mayCommit: Bool
    ) throws(PostgresError) -> PostgresResult {
        guard let pointer = PQgetResult(raw) else { throw failure(label, nil, mayCommit: mayCommit) }
        let result = PostgresResult(owning: pointer, statement: label)
        let isDone = [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(pointer))
        if !isDone {
            let error = failure(label, result, mayCommit: mayCommit)
            if self.raw != nil { PQclear(PQgetResult(raw)) }
            throw error
        }
        PQclear(PQgetResult(raw))
        return result
    }

    /// Reads up to the sync; gives the error of the commit, if it had one.
    private func synchronized(_ raw: OpaquePointer, mayCommit: Bool) throws(PostgresError) -> PostgresError? {
        var commitError: PostgresError?
        while true {
            guard let pointer = PQgetResult(raw) else {
                if PQstatus(raw) == CONNECTION_OK { continue }
                throw failure("pipeline", nil, mayCommit: mayCommit)
            }
            let result = PostgresResult(owning: pointer, statement: "pipeline")
            if PQresultStatus(pointer) == PGRES_PIPELINE_SYNC { return commitError }
            let error = failure("commit of a pipeline", result, mayCommit: mayCommit)
            guard error.kind != .lost else { throw error }
            commitError = commitError ?? error
        }
    }
}

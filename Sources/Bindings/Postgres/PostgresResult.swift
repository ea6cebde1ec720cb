import CPQ

/// The reply to one statement, in libpq's memory; a sequence of its rows.
///
/// A row stays valid for as long as anything holds the result or a row of it.
public final class PostgresResult {
    let raw: OpaquePointer
    let statement: String
    public let count: Int
    let columns: Int32
    let types: [PostgresType]

    /// Takes over `raw`, which is cleared with this object.
    init(owning raw: OpaquePointer, statement: String) {
        self.raw = raw
        self.statement = statement
        count = Int(PQntuples(raw))
        let columns = PQnfields(raw)
        self.columns = columns
        types = (0..<columns).map { PostgresType(oid: PQftype(raw, $0)) }
    }

    deinit { PQclear(raw) }

    public var isEmpty: Bool { count == 0 }

    /// How many rows an INSERT, UPDATE, DELETE, SELECT, MOVE, FETCH or COPY touched; 0 for other statements.
    public var affected: Int { Int(String(cString: PQcmdTuples(raw))) ?? 0 }

    /// The tag of what was done: `INSERT 0 1`, `COMMIT`, `CREATE TABLE`.
    public var command: String { String(cString: PQcmdStatus(raw)) }

    public subscript(row: Int) -> PostgresRow {
        precondition(row >= 0 && row < count, "row \(row) of \(count)")
        return PostgresRow(result: self, index: Int32(row))
    }

    public var first: PostgresRow? { isEmpty ? nil : self[0] }

    /// The number of the column that the statement calls `name`, folded to lower case unless quoted.
    public func column(named name: String) -> Int? {
        let number = PQfnumber(raw, name)
        return number < 0 ? nil : Int(number)
    }

    func columnName(_ column: Int) -> String { String(cString: PQfname(raw, Int32(column))) }
}

extension PostgresResult: Sequence {
    public func makeIterator() -> AnyIterator<PostgresRow> {
        var next = 0
        return AnyIterator {
            guard next < self.count else { return nil }
            defer { next += 1 }
            return self[next]
        }
    }
}

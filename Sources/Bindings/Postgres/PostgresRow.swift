import CPQ
import Linux

/// One row of a result, read by the number of the column, from 0.
///
/// Each reader throws a `misuse` when the column has another type, or is NULL where a value is asked for. The
/// `optional…` readers give nil for NULL.
public struct PostgresRow {
    let result: PostgresResult
    let index: Int32

    public func isNull(_ column: Int) -> Bool { PQgetisnull(result.raw, index, Int32(column)) == 1 }

    public func bool(_ column: Int) throws(PostgresError) -> Bool { try value(column).bool() }
    public func int32(_ column: Int) throws(PostgresError) -> Int32 { try value(column).int32() }
    public func int64(_ column: Int) throws(PostgresError) -> Int64 { try value(column).int64() }
    public func double(_ column: Int) throws(PostgresError) -> Double { try value(column).double() }
    public func text(_ column: Int) throws(PostgresError) -> String { try value(column).text() }
    public func uuid(_ column: Int) throws(PostgresError) -> UUID { try value(column).uuid() }

    /// A `bytea`, or the UTF-8 of a text.
    public func bytes(_ column: Int) throws(PostgresError) -> [UInt8] { try value(column).byteString() }

    public func timestamp(_ column: Int) throws(PostgresError) -> Timestamp { try value(column).timestamp() }

    /// Lends a `bytea`, or the UTF-8 of a text, without a copy.
    public func withBytes<Value>(
        _ column: Int,
        _ body: (Span<UInt8>) throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        try body(try value(column).rawBytes().span)
    }

    public func optionalBool(_ column: Int) throws(PostgresError) -> Bool? { try optional(column)?.bool() }
    public func optionalInt32(_ column: Int) throws(PostgresError) -> Int32? { try optional(column)?.int32() }
    public func optionalInt64(_ column: Int) throws(PostgresError) -> Int64? { try optional(column)?.int64() }
    public func optionalDouble(_ column: Int) throws(PostgresError) -> Double? {
        try optional(column)?.double()
    }
    public func optionalText(_ column: Int) throws(PostgresError) -> String? { try optional(column)?.text() }
    public func optionalUUID(_ column: Int) throws(PostgresError) -> UUID? { try optional(column)?.uuid() }

    /// A `bytea`, or the UTF-8 of a text.
    public func optionalBytes(_ column: Int) throws(PostgresError) -> [UInt8]? {
        try optional(column)?.byteString()
    }

    public func optionalTimestamp(_ column: Int) throws(PostgresError) -> Timestamp? {
        try optional(column)?.timestamp()
    }

    public func bools(_ column: Int) throws(PostgresError) -> [Bool?] {
        try array(column) { element throws(PostgresError) in try element.bool() }
    }
    public func int32s(_ column: Int) throws(PostgresError) -> [Int32?] {
        try array(column) { element throws(PostgresError) in try element.int32() }
    }
    public func int64s(_ column: Int) throws(PostgresError) -> [Int64?] {
        try array(column) { element throws(PostgresError) in try element.int64() }
    }
    public func doubles(_ column: Int) throws(PostgresError) -> [Double?] {
        try array(column) { element throws(PostgresError) in try element.double() }
    }
    public func texts(_ column: Int) throws(PostgresError) -> [String?] {
        try array(column) { element throws(PostgresError) in try element.text() }
    }
    public func byteStrings(_ column: Int) throws(PostgresError) -> [[UInt8]?] {
        try array(column) { element throws(PostgresError) in try element.byteString() }
    }
    public func uuids(_ column: Int) throws(PostgresError) -> [UUID?] {
        try array(column) { element throws(PostgresError) in try element.uuid() }
    }

    public func timestamps(_ column: Int) throws(PostgresError) -> [Timestamp?] {
        try array(column) { element throws(PostgresError) in try element.timestamp() }
    }
}

extension PostgresRow {
    private func optional(_ column: Int) throws(PostgresError) -> BinaryValue? {
        precondition(column >= 0 && column < result.columns, "column \(column) of \(result.columns)")
        guard !isNull(column) else { return nil }
        let column32 = Int32(column)
        return BinaryValue(
            bytes: UnsafeRawBufferPointer(
                start: PQgetvalue(result.raw, index, column32),
                count: Int(PQgetlength(result.raw, index, column32))
            ),
            type: result.types[column],
            row: self,
            column: column
        )
    }

    private func value(_ column: Int) throws(PostgresError) -> BinaryValue {
        guard let value = try optional(column) else { throw fault(column, "is NULL") }
        return value
    }

    private func array<Element>(
        _ column: Int,
        _ element: (BinaryValue) throws(PostgresError) -> Element
    ) throws(PostgresError) -> [Element?] {
        try value(column).array(element)
    }

    func fault(_ column: Int, _ what: String) -> PostgresError {
        let name = result.columnName(column)
        return PostgresError(.misuse, "column \(column) (\"\(name)\") \(what)").during(result.statement)
    }
}

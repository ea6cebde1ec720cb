import Linux

/// One value of a result in Postgres's binary format, lent by the result that holds it.
struct BinaryValue {
    let bytes: UnsafeRawBufferPointer
    let type: PostgresType
    let row: PostgresRow
    let column: Int

    func bool() throws(PostgresError) -> Bool {
        guard type == .bool, bytes.count == 1 else { throw unfit("bool") }
        return bytes[0] != 0
    }

    func int64() throws(PostgresError) -> Int64 {
        switch (type, bytes.count) {
        case (.int64, 8): word(Int64.self)
        case (.int32, 4): Int64(word(Int32.self))
        case (.int16, 2): Int64(word(Int16.self))
        case (.oid, 4): Int64(word(UInt32.self))
        default: throw unfit("integer")
        }
    }

    func int32() throws(PostgresError) -> Int32 {
        guard type == .int32 || type == .int16 else { throw unfit("int4") }
        return Int32(try int64())
    }

    func double() throws(PostgresError) -> Double {
        switch (type, bytes.count) {
        case (.double, 8): Double(bitPattern: word(UInt64.self))
        case (.float, 4): Double(Float(bitPattern: word(UInt32.self)))
        default: throw unfit("double")
        }
    }

    func timestamp() throws(PostgresError) -> Timestamp {
        guard type == .timestamp, bytes.count == 8 else { throw unfit("timestamptz") }
        // Saturates at ±infinity, which Postgres stores as the extreme values.
        let (sum, overflow) = word(Int64.self).addingReportingOverflow(PostgresType.epoch)
        return Timestamp(microseconds: overflow ? .max : sum)
    }

    func uuid() throws(PostgresError) -> UUID {
        guard type == .uuid, bytes.count == 16 else { throw unfit("uuid") }
        return UUID(high: word(UInt64.self), low: word(UInt64.self, at: 8))
    }

    func text() throws(PostgresError) -> String {
        guard type.isText else { throw unfit("text") }
        return String(decoding: bytes, as: UTF8.self)
    }

    func rawBytes() throws(PostgresError) -> UnsafeBufferPointer<UInt8> {
        guard type == .bytes || type.isText else { throw unfit("bytea or text") }
        return bytes.assumingMemoryBound(to: UInt8.self)
    }

    func byteString() throws(PostgresError) -> [UInt8] { Array(try rawBytes()) }

    /// Reads an array of one dimension, or an empty one; see `ParameterArena` for the layout.
    func array<Element>(
        _ element: (BinaryValue) throws(PostgresError) -> Element
    ) throws(PostgresError) -> [Element?] {
        guard let elementType = type.element, bytes.count >= 12 else { throw unfit("an array") }
        guard word(Int32.self) != 0 else { return [] }
        guard word(Int32.self) == 1 else { throw row.fault(column, "has more than one dimension") }
        let count = Int(word(Int32.self, at: 12))
        var values: [Element?] = []
        values.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            let length = Int(word(Int32.self, at: offset))
            offset += 4
            guard length >= 0 else {
                values.append(nil)
                continue
            }
            let slice = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
            values.append(try element(BinaryValue(bytes: slice, type: elementType, row: row, column: column)))
            offset += length
        }
        return values
    }

    private func word<Word: FixedWidthInteger>(_: Word.Type, at offset: Int = 0) -> Word {
        Word(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Word.self))
    }

    private func unfit(_ wanted: String) -> PostgresError {
        row.fault(column, "is \(type) and was read as \(wanted); cast it in the SQL")
    }
}

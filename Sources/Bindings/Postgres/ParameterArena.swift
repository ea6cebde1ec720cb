import Glibc
import Linux

/// The parameters of one or more statements in Postgres's binary format, in memory that is kept for the next.
///
/// Values are laid one after another in one block; the pointers into it are computed by `seal()`, because the
/// block may move while it grows. An array of n elements costs no allocation of its own.
struct ParameterArena: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private var count = 0

    private var offsets: [Int] = []
    private(set) var lengths: [Int32] = []
    private(set) var formats: [Int32] = []
    private(set) var pointers: [UnsafePointer<CChar>?] = []

    init(capacity: Int = 4096) {
        memory = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    deinit { memory.deallocate() }

    mutating func reset() {
        count = 0
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
    }

    /// Adds the parameters of a statement, and gives the range that is theirs.
    ///
    /// The range is one of `pointers`, `lengths` and `formats`. The error does not name the statement.
    mutating func add(_ values: [PostgresValue], as types: [PostgresType]) throws(PostgresError) -> Range<Int>
    {
        guard values.count == types.count else {
            throw PostgresError(.misuse, "\(types.count) parameters wanted, \(values.count) given")
        }
        let start = offsets.count
        for (index, value) in values.enumerated() {
            do {
                try encode(value, as: types[index])
            } catch {
                throw PostgresError(.misuse, "parameter $\(index + 1) \(error.reason)")
            }
        }
        return start..<offsets.count
    }

    /// Computes the pointers, once everything has been added.
    mutating func seal() {
        pointers.removeAll(keepingCapacity: true)
        for offset in offsets {
            let start = offset < 0 ? nil : memory + offset
            pointers.append(start.map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) })
        }
    }

    private mutating func encode(_ value: PostgresValue, as type: PostgresType) throws(Unencodable) {
        let start = count
        var isBinary = true
        switch value {
        case .null: break
        case .text(let text): isBinary = try append(text, parameterOf: type)
        case .bool(let value): try append(value, as: type)
        case .int32(let value): try append(Int64(value), as: type)
        case .int64(let value): try append(value, as: type)
        case .double(let value): try append(value, as: type)
        case .bytes(let value): try append(value, as: type)
        case .uuid(let value): try append(value, as: type)
        case .timestamp(let value): try append(value, as: type)
        default: try append(array: value, as: type)
        }
        let isNull = value == .null
        offsets.append(isNull ? -1 : start)
        lengths.append(isNull ? 0 : Int32(count - start))
        formats.append(isBinary ? 1 : 0)
    }
}

// MARK: - Scalars

extension ParameterArena {
    private mutating func append(_ value: Bool, as type: PostgresType) throws(Unencodable) {
        guard type == .bool else { throw .unfit("bool", type) }
        append(UInt8(value ? 1 : 0))
    }

    private mutating func append(_ value: Int64, as type: PostgresType) throws(Unencodable) {
        switch type {
        case .int64:
            append(value)
        case .int32:
            guard let narrow = Int32(exactly: value) else {
                throw Unencodable(reason: "\(value) is beyond int4")
            }
            append(narrow)
        case .int16:
            guard let narrow = Int16(exactly: value) else {
                throw Unencodable(reason: "\(value) is beyond int2")
            }
            append(narrow)
        case .oid:
            guard let narrow = UInt32(exactly: value) else { throw Unencodable(reason: "\(value) is no oid") }
            append(narrow)
        default:
            throw .unfit("integer", type)
        }
    }

    private mutating func append(_ value: Double, as type: PostgresType) throws(Unencodable) {
        switch type {
        case .double: append(value.bitPattern)
        case .float: append(Float(value).bitPattern)
        default: throw .unfit("double", type)
        }
    }

    private mutating func append(_ value: UUID, as type: PostgresType) throws(Unencodable) {
        guard type == .uuid else { throw .unfit("uuid", type) }
        append(value.high)
        append(value.low)
    }

    private mutating func append(_ value: Timestamp, as type: PostgresType) throws(Unencodable) {
        guard type == .timestamp else { throw .unfit("timestamp", type) }
        append(value.microseconds - PostgresType.epoch)
    }

    private mutating func append(_ value: [UInt8], as type: PostgresType) throws(Unencodable) {
        guard type == .bytes || type.isText else { throw .unfit("bytes", type) }
        value.withUnsafeBytes { append($0) }
    }

    /// Appends an element of a text array.
    private mutating func append(_ value: String, as type: PostgresType) throws(Unencodable) {
        guard type.isText else { throw .unfit("text", type) }
        try append(utf8Of: value)
    }

    /// Appends a text as a parameter; false when it goes in the text format, for a type that is not text.
    private mutating func append(_ value: String, parameterOf type: PostgresType) throws(Unencodable) -> Bool
    {
        try append(utf8Of: value)
        if type.isText { return true }
        // libpq finds the end of a parameter in text format by its NUL.
        append(UInt8(0))
        return false
    }

    private mutating func append(utf8Of value: String) throws(Unencodable) {
        let start = count
        var value = value
        value.withUTF8 { append(UnsafeRawBufferPointer($0)) }
        if let zero = memchr(memory + start, 0, count - start) {
            let place = UnsafeMutableRawPointer(zero) - (memory + start)
            throw Unencodable(reason: "holds U+0000 at byte \(place), which Postgres cannot store in text")
        }
    }
}

// MARK: - Arrays and memory

extension ParameterArena {
    /// Appends an array as `array_recv` of Postgres reads it: dimensions, has-null flag, element type, size,
    /// lower bound, and each element after its length (-1 for NULL).
    private mutating func append<Element>(
        _ values: [Element?],
        as type: PostgresType,
        element append: (inout ParameterArena, Element, PostgresType) throws(Unencodable) -> Void
    ) throws(Unencodable) {
        guard let elementType = type.element else { throw .unfit("an array", type) }
        self.append(Int32(values.isEmpty ? 0 : 1))
        let flagOffset = count
        self.append(Int32(0))
        self.append(elementType.oid)
        guard !values.isEmpty else { return }
        self.append(Int32(values.count))
        self.append(Int32(1))
        for value in values {
            guard let value else {
                self.append(Int32(-1))
                store(Int32(1), at: flagOffset)
                continue
            }
            let lengthOffset = count
            self.append(Int32(0))
            try append(&self, value, elementType)
            store(Int32(count - lengthOffset - 4), at: lengthOffset)
        }
    }

    private mutating func append(array: PostgresValue, as type: PostgresType) throws(Unencodable) {
        typealias Arena = ParameterArena
        switch array {
        case .bools(let values):
            try append(values, as: type) { (arena: inout Arena, value, type) throws(Unencodable) in
                try arena.append(value, as: type)
            }
        case .int32s(let values):
            try append(values, as: type) { (arena: inout Arena, value, type) throws(Unencodable) in
                try arena.append(Int64(value), as: type)
            }
        case .int64s(let values):
            try append(values, as: type) { (arena: inout Arena, value, type) throws(Unencodable) in
                try arena.append(value, as: type)
            }
        case .doubles(let values):
            try append(values, as: type) { (arena: inout Arena, value, type) throws(Unencodable) in
                try arena.append(value, as: type)
            }
        case .texts(let values):
            try append(values, as: type) { (arena: inout Arena, value, type) throws(Unencodable) in
                try arena.append(value, as: type)
            }
        case .byteStrings(let values):
            try append(values, as: type) { (arena: inout Arena, value, type) throws(Unencodable) in
                try arena.append(value, as: type)
            }
        case .uuids(let values):
            try append(values, as: type) { (arena: inout Arena, value, type) throws(Unencodable) in
                try arena.append(value, as: type)
            }
        case .timestamps(let values):
            try append(values, as: type) { (arena: inout Arena, value, type) throws(Unencodable) in
                try arena.append(value, as: type)
            }
        case .null, .bool, .int32, .int64, .double, .text, .bytes, .uuid, .timestamp:
            preconditionFailure("not an array: \(array)")
        }
    }

    private mutating func append<Word: FixedWidthInteger>(_ word: Word) {
        reserve(MemoryLayout<Word>.size)
        memory.storeBytes(of: word.bigEndian, toByteOffset: count, as: Word.self)
        count += MemoryLayout<Word>.size
    }

    private func store(_ word: Int32, at offset: Int) {
        memory.storeBytes(of: word.bigEndian, toByteOffset: offset, as: Int32.self)
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        reserve(bytes.count)
        (memory + count).copyMemory(from: base, byteCount: bytes.count)
        count += bytes.count
    }

    private mutating func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        capacity = max(capacity * 2, count + more)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        grown.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        memory = grown
    }
}

/// Why a value cannot be sent; completes "parameter $n …".
private struct Unencodable: Error {
    var reason: String

    static func unfit(_ kind: String, _ type: PostgresType) -> Unencodable {
        Unencodable(reason: "is \(type) to the server, and \(kind) was given; cast it in the SQL")
    }
}

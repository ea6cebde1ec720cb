import Linux

/// A parameter of a statement, sent in Postgres's binary format.
///
/// The server infers each parameter's type from the SQL; a value that does not fit it is refused before
/// anything is sent. Integers narrow or widen to the type asked for when they fit. Arrays have one dimension
/// and may hold NULLs: `unnest($1::uuid[], $2::int8[])` takes a batch in one round trip.
public enum PostgresValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int32(Int32)
    case int64(Int64)
    case double(Double)
    /// Any text without U+0000, which Postgres cannot store.
    ///
    /// For a parameter of a type that is not text, the type's text form.
    case text(String)
    /// A `bytea`, or, for a parameter of a text type, UTF-8 that the server validates.
    case bytes([UInt8])
    case uuid(UUID)
    /// A `timestamptz`.
    case timestamp(Timestamp)
    case bools([Bool?])
    case int32s([Int32?])
    case int64s([Int64?])
    case doubles([Double?])
    case texts([String?])
    case byteStrings([[UInt8]?])
    case uuids([UUID?])
    case timestamps([Timestamp?])
}

extension PostgresValue {
    public static func bool(_ value: Bool?) -> Self { value.map { .bool($0) } ?? .null }
    public static func int32(_ value: Int32?) -> Self { value.map { .int32($0) } ?? .null }
    public static func int64(_ value: Int64?) -> Self { value.map { .int64($0) } ?? .null }
    public static func double(_ value: Double?) -> Self { value.map { .double($0) } ?? .null }
    public static func text(_ value: String?) -> Self { value.map { .text($0) } ?? .null }
    public static func bytes(_ value: [UInt8]?) -> Self { value.map { .bytes($0) } ?? .null }
    public static func uuid(_ value: UUID?) -> Self { value.map { .uuid($0) } ?? .null }
    public static func timestamp(_ value: Timestamp?) -> Self { value.map { .timestamp($0) } ?? .null }
}

extension PostgresValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .int64(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .text(value) }
}

/// The object id of a built-in type; fixed for ever by Postgres's `pg_type.dat`.
struct PostgresType: Hashable {
    let oid: UInt32

    static let bool = PostgresType(oid: 16)
    static let bytes = PostgresType(oid: 17)
    static let name = PostgresType(oid: 19)
    static let int64 = PostgresType(oid: 20)
    static let int16 = PostgresType(oid: 21)
    static let int32 = PostgresType(oid: 23)
    static let text = PostgresType(oid: 25)
    static let oid = PostgresType(oid: 26)
    static let json = PostgresType(oid: 114)
    static let float = PostgresType(oid: 700)
    static let double = PostgresType(oid: 701)
    static let unknown = PostgresType(oid: 705)
    static let character = PostgresType(oid: 1042)
    static let varchar = PostgresType(oid: 1043)
    static let timestamp = PostgresType(oid: 1184)
    static let numeric = PostgresType(oid: 1700)
    static let void = PostgresType(oid: 2278)
    static let uuid = PostgresType(oid: 2950)

    /// Whether the binary format is the text itself.
    var isText: Bool {
        switch self {
        case .text, .varchar, .character, .name, .json, .unknown: true
        default: false
        }
    }

    /// The element's type, for the array types that are read and written here.
    var element: PostgresType? {
        switch oid {
        case 1000: .bool
        case 1001: .bytes
        case 1003: .name
        case 1005: .int16
        case 1007: .int32
        case 1009: .text
        case 1015: .varchar
        case 1016: .int64
        case 1021: .float
        case 1022: .double
        case 1028: .oid
        case 1185: .timestamp
        case 2951: .uuid
        default: nil
        }
    }

    /// Microseconds from 1970, which we count from, to 2000, which Postgres counts from.
    static let epoch: Int64 = 946_684_800_000_000
}

extension PostgresType: CustomStringConvertible {
    var description: String {
        if let element { return "\(element)[]" }
        return switch self {
        case .bool: "bool"
        case .bytes: "bytea"
        case .name: "name"
        case .int64: "int8"
        case .int16: "int2"
        case .int32: "int4"
        case .text: "text"
        case .oid: "oid"
        case .json: "json"
        case .float: "float4"
        case .double: "float8"
        case .varchar: "varchar"
        case .timestamp: "timestamptz"
        case .numeric: "numeric"
        case .uuid: "uuid"
        default: "type \(oid)"
        }
    }
}

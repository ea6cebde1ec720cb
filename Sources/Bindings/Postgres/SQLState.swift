/// A five-character error code of the SQL standard and Postgres (appendix A of its manual).
public struct SQLState: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
    public var rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// The first two characters, which name the class of the error.
    public var classCode: String { String(rawValue.prefix(2)) }

    public var description: String { rawValue }

    public static let uniqueViolation = SQLState(rawValue: "23505")
    public static let foreignKeyViolation = SQLState(rawValue: "23503")
    public static let checkViolation = SQLState(rawValue: "23514")
    public static let notNullViolation = SQLState(rawValue: "23502")
    public static let exclusionViolation = SQLState(rawValue: "23P01")
    public static let serializationFailure = SQLState(rawValue: "40001")
    public static let deadlockDetected = SQLState(rawValue: "40P01")
    public static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// By `statement_timeout` or a request to cancel.
    public static let queryCanceled = SQLState(rawValue: "57014")
    public static let inFailedTransaction = SQLState(rawValue: "25P02")
    public static let readOnlyTransaction = SQLState(rawValue: "25006")
    public static let undefinedTable = SQLState(rawValue: "42P01")
    public static let undefinedColumn = SQLState(rawValue: "42703")
    public static let duplicateTable = SQLState(rawValue: "42P07")
    public static let duplicateDatabase = SQLState(rawValue: "42P04")
    public static let insufficientPrivilege = SQLState(rawValue: "42501")
    public static let syntaxError = SQLState(rawValue: "42601")
    public static let invalidPassword = SQLState(rawValue: "28P01")
    /// Wrong user, or a rule of `pg_hba.conf`.
    public static let invalidAuthorization = SQLState(rawValue: "28000")
    public static let unknownDatabase = SQLState(rawValue: "3D000")
    public static let tooManyConnections = SQLState(rawValue: "53300")
    public static let adminShutdown = SQLState(rawValue: "57P01")
    public static let crashShutdown = SQLState(rawValue: "57P02")
    /// The server is starting, stopping or recovering.
    public static let cannotConnectNow = SQLState(rawValue: "57P03")
    public static let connectionFailure = SQLState(rawValue: "08006")
    public static let untranslatableCharacter = SQLState(rawValue: "22P05")
    public static let invalidByteSequence = SQLState(rawValue: "22021")

    /// Whether the same request may succeed later with nothing repaired but time.
    var isTransient: Bool {
        switch self {
        case .serializationFailure, .deadlockDetected, .lockNotAvailable: true
        case .adminShutdown, .crashShutdown, .cannotConnectNow, .readOnlyTransaction: true
        default: classCode == "08" || classCode == "53" || classCode == "58"
        }
    }
}

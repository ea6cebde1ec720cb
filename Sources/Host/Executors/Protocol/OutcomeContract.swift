import JSON
import JSONSchema
import Scheduler

/// How the end of a program is read.
struct OutcomeContract: Sendable {
    /// What becomes of stdout after success.
    enum Capture: Sendable {
        /// One JSON document; none is `null`.
        case json
        /// UTF-8 without the newlines at its end.
        case text
        /// The lines of UTF-8, without an empty last one.
        case lines
        /// Log; the output is `null`.
        case none

        init(_ capture: Script.Capture) {
            switch capture {
            case .json: self = .json
            case .text: self = .text
            case .lines: self = .lines
            case .none: self = .none
            }
        }
    }

    var capture = Capture.json
    var exitCodes: [Int32: Manifest.ExitRule] = [:]
    var output: Schema?
}

/// What a program said over its control channel that bears on the outcome.
struct ControlRecord: Sendable {
    var result: JSONValue?
    var error: ErrorObject?
    /// Set by `defer`; the timeout is nil where the step's holds.
    var deferral: Deferral?
    /// Why a line that may have been a result or an error could not be read.
    var unreadable: String?

    struct Deferral: Sendable, Hashable {
        var timeoutMilliseconds: Int64?
    }
}

/// Everything that is known of an attempt whose processes are gone.
struct Evidence: Sendable {
    var termination: Termination
    /// How the program itself ended; nil where it never ran or was lost.
    var status: ProgramExit?
    var stdout: [UInt8] = []
    /// The end of stderr.
    var stderr: [UInt8] = []
    var control = ControlRecord()

    /// What the program said of its failure as the document on its stdout.
    var errorOnStdout: ErrorObject? { status == .code(0) ? nil : ErrorObject(stdout: stdout) }
}

enum ProgramExit: Sendable, Hashable {
    case code(Int32)
    case signal(Int32)
}

/// How a command ends, for scripts.
enum ExitCode: Int32, Error {
    case ok = 0
    /// The run or the command failed.
    case failed = 1
    case usage = 2
    case notFound = 3
    case notAllowed = 4
    case conflict = 5
    case unreachable = 6
    case timedOut = 7
    /// The run was cancelled or terminated.
    case cancelled = 8
    /// `EX_CONFIG` of sysexits: a person must change something before it makes sense to start again.
    case configuration = 78
}

/// A command's failure with what to say about it.
struct CommandFailure: Error {
    var code: ExitCode
    var message: String
    /// What to do next; nil where the message says it.
    var hint: String?

    init(_ code: ExitCode, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    static func usage(_ message: String, hint: String? = nil) -> CommandFailure {
        CommandFailure(.usage, message, hint: hint)
    }
}

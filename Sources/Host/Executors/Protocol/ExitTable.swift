import JSON
import Linux
import Scheduler

/// What an exit status means where nobody says more.
enum ExitTable {
    /// Of `sysexits`: usage, data, no input, no user, no host, protocol, permission, configuration.
    private static let permanent: Set<Int32> = [64, 65, 66, 67, 68, 76, 77, 78]
    /// `EX_TEMPFAIL`, and unavailable, software, operating system, cannot create, input or output.
    private static let retryable: Set<Int32> = [75, 69, 70, 71, 73, 74]
    /// The shell's word for what cannot be executed and for what is not found.
    private static let unavailable: Set<Int32> = [126, 127]

    static func meaning(of status: ProgramExit) -> ErrorObject {
        switch status {
        case .signal(let signal):
            let name = signals[signal].map { "\($0), " } ?? ""
            return ErrorObject(
                type: ErrorType.signal,
                message: "the program was killed by a signal (\(name)\(signal))",
                details: ["signal": .integer(Int64(signal))]
            )
        case .code(let code):
            let isUnavailable = unavailable.contains(code)
            return ErrorObject(
                type: isUnavailable ? ErrorType.pluginUnavailable : ErrorType.exit,
                message: "the program exited with status \(code)",
                retryable: isUnavailable || permanent.contains(code)
                    ? false : retryable.contains(code) ? true : nil,
                details: ["status": .integer(Int64(code))]
            )
        }
    }

    /// Why the kernel did not start a program: it cannot be, or the host has no room for it now.
    static func spawnFailure(_ errno: Int32) -> ErrorObject {
        let (again, noMemory, tooManyHere, tooMany): (Int32, Int32, Int32, Int32) = (11, 12, 24, 23)
        let (tooLong, openForWriting): (Int32, Int32) = (7, 26)
        if [again, noMemory, tooManyHere, tooMany, openForWriting].contains(errno) {
            return ErrorObject(
                type: ErrorType.spawnFailed,
                message: "the host could not start the program: \(LinuxError.text(errno))"
            )
        }
        if errno == tooLong {
            return ErrorObject(
                type: ErrorType.invalidInput,
                message:
                    "the arguments and variables have more than 120 KiB; large data belongs in the input",
                retryable: false
            )
        }
        return ErrorObject(
            type: ErrorType.pluginUnavailable,
            message: "the program cannot be executed: \(LinuxError.text(errno))",
            retryable: false
        )
    }

    private static let signals: [Int32: String] = [
        1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS",
        8: "SIGFPE", 9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE",
        14: "SIGALRM", 15: "SIGTERM", 24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
    ]
}

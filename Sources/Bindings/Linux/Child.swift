import CLinux
import Glibc

/// A process to start: everything it gets, nothing inherited.
public struct ProcessSpawn: Sendable {
    public var path: String
    public var arguments: [String]
    /// `NAME=value`, complete.
    public var environment: [String]
    public var directory: String?
    /// Which of our descriptors the child finds at which number; all others are closed.
    public var descriptors: [(from: Int32, to: Int32)]
    /// Whether the child leads a session and process group of its own.
    public var startsSession = true

    public init(
        path: String,
        arguments: [String],
        environment: [String] = [],
        directory: String? = nil,
        descriptors: [(from: Int32, to: Int32)] = []
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.descriptors = descriptors
    }

    /// Starts the process with posix_spawn, whose errors (no such file, no run bit) are those of exec.
    ///
    /// Blocks until the child has exec'd. A parent-death signal in the child is bound to the calling thread.
    public func start() throws(LinuxError) -> Child {
        var pid: pid_t = 0
        let error = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                path.withCString { path in
                    withOptionalCString(directory) { directory in
                        spawn(path, arguments, environment, directory, &pid)
                    }
                }
            }
        }
        guard error == 0 else { throw LinuxError("posix_spawn", path, errno: error) }
        return try Child(pid: pid)
    }

    private func spawn(
        _ path: UnsafePointer<CChar>,
        _ arguments: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        _ environment: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        _ directory: UnsafePointer<CChar>?,
        _ pid: inout pid_t
    ) -> Int32 {
        let moves = descriptors.map { pawl_descriptor(from: $0.from, to: $0.to) }
        return moves.withUnsafeBufferPointer { moves in
            var request = pawl_spawn(
                path: path,
                arguments: arguments,
                environment: environment,
                directory: directory,
                descriptors: moves.baseAddress,
                descriptor_count: moves.count,
                close_from: (descriptors.map(\.to).max() ?? -1) + 1,
                new_session: startsSession
            )
            return pawl_spawn_process(&request, &pid)
        }
    }
}

/// A child process, named by a pidfd so that its number cannot be mistaken for another's.
public struct Child: ~Copyable, Sendable {
    public let pid: Int32
    private let pidfd: Descriptor

    /// Readable when the process has ended, for those who wait with epoll.
    public var number: Int32 { pidfd.number }

    /// Takes charge of a child that has not been waited for, by its number.
    public init(pid: Int32) throws(LinuxError) {
        let number = pawl_pidfd_open(pid)
        guard number >= 0 else { throw LinuxError(last: "pidfd_open") }
        self.pid = pid
        pidfd = Descriptor(owning: number)
    }

    /// How the process ended.
    public enum Status: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)

        /// Reads a status as wait(2) gives it.
        public init(waitStatus: UInt32) {
            let signal = Int32(waitStatus & 0x7F)
            self = signal == 0 ? .exited(Int32(waitStatus >> 8 & 0xFF)) : .signalled(signal)
        }
    }

    /// What the process and the descendants that it waited for used.
    public struct Usage: Hashable, Sendable {
        public var user: Duration
        public var system: Duration
        public var peakBytes: Int64
        public var minorFaults: Int64
        public var majorFaults: Int64
    }

    /// Sends a signal; it is no error if the process is gone.
    public borrowing func signal(_ signal: Int32) { _ = pawl_pidfd_send_signal(number, signal) }

    /// Sends a signal to the whole process group that the child leads.
    public borrowing func signalGroup(_ signal: Int32) { _ = Glibc.kill(-pid, signal) }

    /// Takes the status of the process if it has ended.
    public borrowing func reapIfEnded() throws(LinuxError) -> (Status, Usage)? { try reap(block: false) }

    /// Blocks until the process has ended, and takes its status.
    public borrowing func wait() throws(LinuxError) -> (Status, Usage) {
        guard let result = try reap(block: true) else { throw LinuxError("waitid", errno: ECHILD) }
        return result
    }

    private borrowing func reap(block: Bool) throws(LinuxError) -> (Status, Usage)? {
        var exit = pawl_exit()
        switch pawl_wait(number, block, &exit) {
        case 0: return nil
        case 1: break
        default: throw LinuxError(last: "waitid")
        }
        let exited = exit.code == CLD_EXITED
        let usage = Usage(
            user: .microseconds(exit.user_microseconds),
            system: .microseconds(exit.system_microseconds),
            peakBytes: exit.peak_bytes,
            minorFaults: exit.minor_faults,
            majorFaults: exit.major_faults
        )
        return (exited ? .exited(exit.status) : .signalled(exit.status), usage)
    }
}

/// Calls `body` with a NULL-terminated list of C strings.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var list: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    list.append(nil)
    defer { list.forEach { free($0) } }
    return list.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("a list has its terminator") }
        return body(base)
    }
}

private func withOptionalCString<Result>(
    _ string: String?,
    _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
    guard let string else { return body(nil) }
    return string.withCString { body($0) }
}

import CLinux
import Glibc

/// This process and the machine it runs on.
public enum ThisProcess {
    public static var id: Int32 { getpid() }
    public static var userID: UInt32 { geteuid() }
    public static var groupID: UInt32 { getegid() }
    public static var isRoot: Bool { geteuid() == 0 }

    /// The path of the running executable, from /proc/self/exe.
    public static func executablePath() throws(LinuxError) -> String {
        try Files.linkTarget("/proc/self/exe")
    }

    /// The value of an environment variable.
    public static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// All environment variables, by name.
    public static func environment() -> [String: String] {
        var result: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let parts = String(cString: entry).split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            next += 1
        }
        return result
    }

    /// The number of processors this process may use.
    public static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// The name of this machine.
    public static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The processor time that all threads of this process have used so far.
    public static var processorTime: Duration { .nanoseconds(read(CLOCK_PROCESS_CPUTIME_ID)) }

    /// Lets another thread run.
    public static func yield() { sched_yield() }

    /// Makes orphaned descendants children of this process instead of the machine's init.
    public static func becomeSubreaper() throws(LinuxError) {
        guard pawl_become_subreaper() == 0 else { throw LinuxError(last: "prctl", "PR_SET_CHILD_SUBREAPER") }
    }

    /// Whether the process with this number exists.
    public static func exists(pid: Int32) -> Bool { kill(pid, 0) == 0 || errno == EPERM }

    /// Sends a signal to a process by its number.
    public static func signal(_ signal: Int32, pid: Int32) { _ = kill(pid, signal) }
}

/// A user of this machine.
public struct User: Hashable, Sendable {
    public let name: String
    public let id: UInt32
    public let group: UInt32
    public let home: String

    /// Looks a user up by name.
    public init?(named name: String) {
        self.init { entry, buffer, result in getpwnam_r(name, entry, buffer, 16_384, result) }
    }

    /// Looks a user up by number.
    public init?(id: UInt32) {
        self.init { entry, buffer, result in getpwuid_r(id, entry, buffer, 16_384, result) }
    }

    private typealias LookUp = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private init?(_ lookUp: LookUp) {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: 16_384)
        defer { buffer.deallocate() }
        guard lookUp(&entry, buffer, &found) == 0, found != nil else { return nil }
        name = String(cString: entry.pw_name)
        id = entry.pw_uid
        group = entry.pw_gid
        home = String(cString: entry.pw_dir)
    }
}

/// Bytes from the kernel's random generator.
public enum Random {
    public static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        pawl_random(&bytes, count)
        return bytes
    }
}

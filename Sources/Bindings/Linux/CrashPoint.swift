import Glibc

/// Named places between two effects, at which a test ends the process as `kill -9` would.
///
/// `PAWL_CRASH_AT=name:n` arms one: the process is gone when it comes there for the n-th time.
/// `PAWL_CRASH_LOG=file` has the name of each place that is passed appended to a file. Without either,
/// passing one costs a comparison.
public enum CrashPoint {
    private static let plan = Plan(ThisProcess.environment())

    /// Goes on, unless the place is armed and this is the time.
    @inline(__always)
    public static func pass(_ name: StaticString) {
        if let plan { plan.pass(name.description) }
    }

    /// What the environment asks for.
    final class Plan: Sendable {
        private let armed: String?
        private let left: Locked<Int>
        private let log: Descriptor?

        /// Nil if nothing is asked for.
        init?(_ environment: [String: String]) {
            let at = environment["PAWL_CRASH_AT"], path = environment["PAWL_CRASH_LOG"]
            guard at != nil || path != nil else { return nil }
            let parts = at?.split(separator: ":") ?? []
            armed = parts.first.map(String.init)
            left = Locked(parts.count == 2 ? Int(parts[1]) ?? 1 : 1)
            if let path {
                log = try? Files.open(path, O_WRONLY | O_CREAT | O_APPEND)
            } else {
                log = nil
            }
        }

        func pass(_ name: String) {
            try? log?.write(Array("\(name)\n".utf8))
            guard name == armed else { return }
            let isNow = left.withLock { left in
                left -= 1
                return left == 0
            }
            guard isNow else { return }
            ThisProcess.signal(SIGKILL, pid: ThisProcess.id)
            // The signal ends this thread, too, but not before this instruction.
            while true { pause() }
        }
    }
}

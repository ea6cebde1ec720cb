import Linux

/// The processor time of a process and all that descends from it, from /proc (proc(5)).
enum ProcessTree {
    /// `USER_HZ`, which Linux fixes at 100 for all programs.
    private static let ticksPerSecond = 100.0

    /// User and system time so far, in milliseconds, of children that have ended too.
    static func cpuMilliseconds(of root: Int32) -> Double {
        let processes = ((try? Files.names(in: "/proc")) ?? []).compactMap { Int32($0).flatMap(Stat.init) }
        var children: [Int32: [Stat]] = [:]
        for process in processes { children[process.parent, default: []].append(process) }
        var ticks = 0
        var waiting = processes.filter { $0.pid == root }
        while let process = waiting.popLast() {
            ticks += process.ticks
            waiting += children[process.pid] ?? []
        }
        return Double(ticks) * 1_000 / ticksPerSecond
    }

    private struct Stat {
        var pid: Int32
        var parent: Int32
        var ticks: Int

        init?(_ pid: Int32) {
            guard let bytes = try? Files.read("/proc/\(pid)/stat") else { return nil }
            let text = String(decoding: bytes, as: UTF8.self)
            // The name may hold anything, spaces and parentheses too; what follows its last one is fields.
            guard let end = text.lastIndex(of: ")") else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            guard fields.count > 14, let parent = Int32(fields[1]) else { return nil }
            self.pid = pid
            self.parent = parent
            // utime, stime, cutime, cstime
            ticks = fields[11...14].reduce(0) { $0 + (Int($1) ?? 0) }
        }
    }
}

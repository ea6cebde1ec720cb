import Linux

/// The processes that descend from one, from /proc (proc(5)).
enum ProcessTree {
    /// `USER_HZ`, which Linux fixes at 100 for all programs.
    private static let ticksPerSecond = 100.0

    /// User and system time so far, in milliseconds, of children that have ended too.
    static func cpuMilliseconds(of root: Int32) -> Double {
        let ticks = processes(of: root).reduce(0) { $0 + $1.ticks }
        return Double(ticks) * 1_000 / ticksPerSecond
    }

    /// Proportional resident memory (PSS), in MB of 10^6 bytes: what several share is divided among them.
    static func residentMegabytes(of root: Int32) -> Double {
        let kilobytes = processes(of: root).reduce(0) { sum, process in
            let bytes = (try? Files.read("/proc/\(process.pid)/smaps_rollup")) ?? []
            let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first {
                $0.hasPrefix("Pss:")
            }
            return sum + (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
        }
        return Double(kilobytes) * 1_024 / 1e6
    }

    /// How many processes of the whole host have this word among their arguments, after their program.
    static func count(withArgument word: String) -> Int {
        let names = (try? Files.names(in: "/proc")) ?? []
        return names.count { name in
            guard Int32(name) != nil, let bytes = try? Files.read("/proc/\(name)/cmdline") else {
                return false
            }
            return bytes.split(separator: 0).dropFirst().contains { $0.elementsEqual(word.utf8) }
        }
    }

    private static func processes(of root: Int32) -> [Stat] {
        let all = ((try? Files.names(in: "/proc")) ?? []).compactMap { Int32($0).flatMap(Stat.init) }
        let children = Dictionary(grouping: all, by: \.parent)
        var found: [Stat] = []
        var waiting = all.filter { $0.pid == root }
        while let process = waiting.popLast() {
            found.append(process)
            waiting += children[process.pid] ?? []
        }
        return found
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

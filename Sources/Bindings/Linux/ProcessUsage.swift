import CLinux
import Glibc

/// What a process that is no child of ours uses, as the kernel tells everybody.
public enum ProcessUsage {
    /// The children of a process; none where the kernel does not list them.
    public static func children(of pid: Int32) -> [Int32] {
        guard let bytes = try? Files.read("/proc/\(pid)/task/\(pid)/children") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
    }

    /// The processor time of a process, all its threads together; nil if it is gone.
    public static func processorTime(of pid: Int32) -> Duration? {
        let nanoseconds = pawl_cpu_nanoseconds(pid)
        return nanoseconds < 0 ? nil : .nanoseconds(nanoseconds)
    }

    /// The resident bytes of a process and of all that descend from it.
    ///
    /// Pages that several of them share count for each.
    public static func residentBytes(ofTree pid: Int32) -> Int64 {
        var sum: Int64 = 0
        var left = [pid]
        while let next = left.popLast() {
            sum += residentBytes(of: next)
            left += children(of: next)
        }
        return sum
    }

    private static func residentBytes(of pid: Int32) -> Int64 {
        guard let bytes = try? Files.read("/proc/\(pid)/statm") else { return 0 }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? (Int64(words[1]) ?? 0) * Int64(sysconf(Int32(_SC_PAGESIZE))) : 0
    }
}

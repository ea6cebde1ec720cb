extension CrashSweep {
    /// Every passing of every point, but of one that is passed all the time the first so many.
    public static func exhaustive(_ passings: [String: Int], limit: Int = 40) -> [Crash] {
        passings.sorted { $0.key < $1.key }.flatMap { point, count in
            (1...min(count, point.hasPrefix("lease.") ? 3 : limit)).map { Crash(point: point, passing: $0) }
        }
    }

    /// One passing of each point.
    public static func sample(_ passings: [String: Int], _ random: inout SeededGenerator) -> [Crash] {
        passings.sorted { $0.key < $1.key }.map { point, count in
            let last = point.hasPrefix("lease.") ? min(count, 3) : count
            // Events that come together share a commit, so that the last passings may not come about.
            return Crash(point: point, passing: Int.random(in: 1...max(1, last * 2 / 3), using: &random))
        }
    }
}

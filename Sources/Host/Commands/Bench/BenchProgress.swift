import Linux

/// A bar on a terminal that says how far a measurement is; nothing elsewhere.
enum BenchProgress {
    static func show(_ workload: String, _ round: Int, of rounds: Int) {
        guard StandardStream.error.isTerminal else { return }
        let bar = String(repeating: "█", count: round) + String(repeating: "░", count: rounds - round)
        StandardStream.error.write("\r\(workload) \(bar) \(round)/\(rounds)")
    }

    static func clear() {
        guard StandardStream.error.isTerminal else { return }
        StandardStream.error.write("\r\u{1B}[K")
    }
}

extension MonotonicTime {
    /// Seconds since then.
    var secondsAgo: Double { Double((MonotonicTime.now - self).wholeNanoseconds) / 1e9 }
}

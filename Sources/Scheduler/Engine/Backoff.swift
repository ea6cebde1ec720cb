import Linux

/// Counts failures in a row, and says how long to pause after each.
struct Backoff {
    /// 100 ms doubling to 1 s: a restarted Postgres is back after 0.3 to 2 s, and work goes on within 2 s.
    private let policy = ReconnectPolicy(longest: .seconds(1))
    private var failures = 0

    mutating func next() -> Duration {
        defer { failures += 1 }
        return policy.delay(after: failures, fraction: .random(in: 0..<1))
    }

    mutating func reset() {
        failures = 0
    }
}

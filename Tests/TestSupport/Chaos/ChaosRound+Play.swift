extension ChaosRound {
    /// Plays rounds on a fleet of their own, one after the other, and gives what each came to; the last has
    /// among its violations what is left of the fleet's processes.
    public static func play(_ plans: [Plan]) async throws -> [ChaosReport] {
        let fleet = try await Fleet.start()
        defer { fleet.remove() }
        var reports: [ChaosReport] = []
        for plan in plans {
            let report = try await onOwnThread { try ChaosRound(plan, on: fleet).run() }
            print("chaos, \(report)")
            reports.append(report)
        }
        let left = try await onOwnThread { fleet.killAll() }
        reports[reports.count - 1].violations += left.map { "a process is left: \($0)" }
        return reports
    }
}

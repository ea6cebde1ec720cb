/// What happened in a chaos round, and what should not have.
public struct ChaosReport: Sendable, CustomStringConvertible {
    public var seed: UInt64
    public var faults: [String] = []
    /// What could not be brought about here, and why.
    public var skipped: [String] = []
    public var runs = 0
    /// Steps that had to run, and how often they did.
    public var steps = 0
    public var executions = 0
    public var lost = 0
    public var lostReplies = 0
    /// Live runs whose history was replayed.
    public var audited = 0
    /// From the return of Postgres until something was written.
    public var recoveries: [Duration] = []
    /// From the last cure until all runs had ended.
    public var settled = Duration.zero
    public var duration = Duration.zero
    public var violations: [String] = []
    /// The histories of the runs that something is wrong with.
    public var evidence: [String] = []

    init(seed: UInt64) { self.seed = seed }

    public var description: String {
        let recovered = recoveries.isEmpty ? "" : "; Postgres back, work on after \(recoveries)"
        return """
            seed \(seed): \(faults.joined(separator: ", ")); \(runs) runs in \(duration), \(executions) \
            executions of \(steps) steps, \(lost) attempts and \(lostReplies) replies lost, \(audited) live \
            runs replayed, all ended \(settled) after the last cure\(recovered); \
            \(violations.count) violations\(skipped.map { "\n  left out: \($0)" }.joined())\
            \(evidence.prefix(200).map { "\n  \($0)" }.joined())
            """
    }
}

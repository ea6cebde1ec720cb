/// A schedule that breaks a promise, cut down to the steps that it takes.
struct Failure: CustomStringConvertible {
    /// How many steps a schedule has before all heals.
    static let steps = 150

    let seed: UInt64
    private(set) var violation: String
    private(set) var steps: [Int]

    /// Plays the schedule of a seed; nil when every promise is kept.
    init?(seed: UInt64) {
        let all = Array(0..<Self.steps)
        var schedule = Schedule(seed: seed)
        guard let violation = schedule.play(all) else { return nil }
        (self.seed, self.violation, steps) = (seed, violation, all)
        shrink()
    }

    /// Leaves out halves, quarters and so on down to single steps while a promise is still broken.
    private mutating func shrink() {
        var length = steps.count / 2
        while length > 0 {
            var start = 0
            while start < steps.count {
                let fewer = Array(steps[..<start] + steps[min(start + length, steps.count)...])
                var schedule = Schedule(seed: seed)
                if let violation = schedule.play(fewer) {
                    (self.violation, steps) = (violation, fewer)
                } else {
                    start += length
                }
            }
            length /= 2
        }
    }

    var description: String { "seed \(seed): \(violation)\n  by the steps \(steps) of \(Self.steps)" }
}

import JSON

/// The workflows of a chaos round, whose programs write down when they run, outside the engine.
enum ChaosWorkflow {
    static let poisonStep = "venom"
    /// Milliseconds for which the first workflow sleeps.
    static let nap: Int64 = 1_000

    /// One that succeeds, one that is undone, one for the fault that kills whoever runs it.
    enum Kind: String, CaseIterable, Sendable {
        case orders = "chaos-orders"
        case undone = "chaos-undone"
        case poison = "chaos-poison"

        /// The paths that succeed, each once, in a run that goes as it should.
        var succeeding: [String] {
            switch self {
            case .orders: ["take", "nap", "pack[0]", "pack[1]", "pack[2]", "pack", "ship"]
            case .undone: ["reserve", "charge", "charge!", "reserve!"]
            case .poison: [ChaosWorkflow.poisonStep]
            }
        }

        /// Those of them that run a program.
        var executed: [String] {
            switch self {
            case .orders: ["take", "pack[0]", "pack[1]", "pack[2]", "ship"]
            case .undone, .poison: succeeding
            }
        }

        /// What is wrong with a run that has ended.
        func violations(of run: JSONValue, _ history: [JSONValue]) -> [String] {
            var found = HistoryCheck.violations(history)
            let succeeded = history.events("step.succeeded").compactMap { $0["path"]?.stringValue }
            switch self {
            case .orders:
                if run["status"] != "succeeded" { found.append("it ended so: \(run.serialized())") }
                if Set(succeeded) != Set(succeeding) { found.append("these steps succeeded: \(succeeded)") }
            case .undone:
                if run["status"] != "failed" || run["compensation"] != "completed" {
                    found.append("it ended so: \(run.serialized())")
                }
                if succeeded != succeeding { found.append("in this order: \(succeeded)") }
            case .poison:
                let lost = history.events("attempt.lost").count
                let isTold = run["status"] == "succeeded" || lost == 5
                if !isTold { found.append("it ended so, after \(lost) losses: \(run.serialized())") }
            }
            return found
        }

        func definition(_ ledger: Ledger) -> String {
            let run = ledger.program
            switch self {
            case .orders:
                return """
                    name: chaos-orders
                    steps:
                      - { id: take, run: '\(run)' }
                      - { id: nap, sleep: 1s }
                      - id: pack
                        foreach: { items: "${ [1, 2, 3] }" }
                        run: '\(run)'
                      - { id: ship, run: '\(run)' }
                    """
            case .undone:
                return """
                    name: chaos-undone
                    steps:
                      - { id: reserve, run: '\(run)', compensate: { run: '\(run)' } }
                      - { id: charge, run: '\(run)', compensate: { run: '\(run)' } }
                      - { id: decline, fail: { type: Declined, message: never enough } }
                    """
            case .poison:
                return """
                    name: chaos-poison
                    steps:
                      - { id: \(ChaosWorkflow.poisonStep), run: '\(run); sleep 1' }
                    """
            }
        }
    }
}

extension Ledger {
    /// A line of shell that writes down the step's idempotency key, the time and the fencing token.
    ///
    /// It takes a moment.
    var program: String {
        "echo \"$PAWL_IDEMPOTENCY_KEY $(date +%s%N) $PAWL_FENCING_TOKEN\" >> \(path); sleep 0.3; echo done"
    }
}

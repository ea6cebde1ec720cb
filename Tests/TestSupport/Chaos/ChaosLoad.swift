import JSON
import Linux

/// The runs of a chaos round: started one after the other, each until it is accepted.
final class ChaosLoad: Sendable {
    private struct State {
        var accepted: [String: ChaosWorkflow.Kind] = [:]
        var isOver = false
    }

    private let fleet: Fleet
    private let seed: UInt64
    private let pace: Duration
    private let state = Locked(State())
    /// Runs of earlier rounds on the same fleet.
    private let earlier: Set<String>

    init(fleet: Fleet, seed: UInt64, pace: Duration) {
        self.fleet = fleet
        self.seed = seed
        self.pace = pace
        earlier = Set(((try? fleet.ledger.executions()) ?? [:]).keys.map { Self.run(of: $0) })
    }

    /// What was accepted; the engine must not lose one of them.
    var accepted: [String: ChaosWorkflow.Kind] { state.withLock { $0.accepted } }

    func apply() throws {
        for kind in ChaosWorkflow.Kind.allCases { try fleet.api.apply(kind.definition(fleet.ledger)) }
    }

    /// Starts runs until it is told to stop.
    func submit() {
        let pause = Waker()
        var number = 0
        while !state.withLock({ $0.isOver }) {
            start(number % 3 == 2 ? .undone : .orders, number)
            number += 1
            pause.wait(until: .now + pace)
        }
    }

    func stop() { state.withLock { $0.isOver = true } }

    /// Starts the run that the fault is for.
    func startPoison() { start(.poison, 1_000_000) }

    /// The same key makes a repeated start the same run.
    private func start(_ kind: ChaosWorkflow.Kind, _ number: Int) {
        let key = [("Idempotency-Key", "chaos-\(seed)-\(number)")]
        let body: JSONValue = ["workflow": .string(kind.rawValue)]
        try? eventually("run \(number) is accepted", within: .seconds(120)) {
            let answer = try? fleet.api
                .call("POST", "/v1/runs", body, headers: key, timeout: .seconds(10))
            guard let answer, answer.status == 201, let id = answer["id"].stringValue else { return false }
            state.withLock { $0.accepted[id] = kind }
            return true
        }
    }

    /// Whether a key of the ledger is of a run that was accepted, in this round or before.
    func mayKnow(_ key: String) -> Bool {
        let run = Self.run(of: key)
        return earlier.contains(run) || state.withLock { $0.accepted[run] != nil }
    }

    private static func run(of key: String) -> String {
        String(key.prefix { $0 != "/" })
    }
}

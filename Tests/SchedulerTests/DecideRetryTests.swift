import Testing

@testable import Scheduler
@testable import Simulation

@Suite("Back-off grows as its rule says")
struct DecideRetryTests {
    private func delays(
        _ backoff: RetryRule.Backoff,
        _ jitter: RetryRule.Jitter,
        random: Double = 0.5
    ) -> [Int64] {
        var rule = RetryRule.engine
        rule.backoff = backoff
        rule.jitter = jitter
        rule.maxDelayMilliseconds = 5_000
        return (1...4).map { rule.delay(retry: $0, random: random) }
    }

    @Test("exponential, linear and constant, up to the longest delay")
    func shapes() {
        #expect(delays(.exponential, .none) == [1_000, 2_000, 4_000, 5_000])
        #expect(delays(.linear, .none) == [1_000, 2_000, 3_000, 4_000])
        #expect(delays(.constant, .none) == [1_000, 1_000, 1_000, 1_000])
    }

    @Test("full jitter takes any part, equal jitter the upper half")
    func jitter() {
        #expect(delays(.constant, .full, random: 0.25)[0] == 250)
        #expect(delays(.constant, .equal, random: 0.5)[0] == 750)
    }

    @Test("a plugin's retry_after counts, and `within` bounds it")
    func retryAfter() {
        var rule = RetryRule(attempts: 5)
        rule.withinMilliseconds = 10_000
        let node = NodeSpec(id: "a", scope: 0, action: .pass, retry: [rule])
        let policy = RetryPolicy(node, settings: Settings(), manifest: nil)
        let soon = StepError(type: "Busy", message: "", retryAfterMilliseconds: 9_000)
        #expect(policy.grant(soon, used: [], elapsed: 0, random: 0)?.milliseconds == 9_000)
        #expect(policy.grant(soon, used: [], elapsed: 2_000, random: 0) == nil)
    }

    @Test("the step fills from manifest, then from defaults, then from the engine")
    func merged() {
        var manifest = Settings()
        manifest.retry = RetryRule(attempts: 4, on: ["Busy"])
        var defaults = Settings()
        defaults.retry = RetryRule(attempts: 9)
        defaults.retry?.delayMilliseconds = 7
        var own = RetryRule()
        own.backoff = .linear
        let node = NodeSpec(id: "a", scope: 0, action: .pass, retry: [own])
        let rule = RetryPolicy(node, settings: defaults, manifest: manifest).rules[0]
        #expect(rule.backoff == .linear)
        #expect(rule.attempts == 4)
        #expect(rule.on == ["Busy"])
        #expect(rule.delayMilliseconds == 7)
        #expect(rule.factor == 2)
    }
}

@Suite("Life cycles are data")
struct DecideLifeCycleTests {
    @Test("every step state and event: a rule moves it, or nothing does")
    func steps() throws {
        var builder = DefinitionBuilder()
        builder.node("a")
        let definition = builder.build()
        for rule in StepTransitions.rules {
            for stage in StepStage.allCases where stage != .ended {
                var state = RunState()
                state.apply(HistoryEvent(kind: .runStarted, at: .now), of: definition)
                state.scopes[1] = ScopeState(
                    kind: .dag,
                    spec: 0,
                    owner: 0,
                    ownerNode: -1,
                    ownerIndex: -1,
                    parent: 0,
                    prefix: "",
                    live: 1,
                    total: 1,
                    begun: [1],
                    counts: [0]
                )
                state.steps[1] = StepState(scope: 1, node: 0, stage: stage)
                state.nextStep = 2
                state.apply(HistoryEvent(kind: rule.event, at: .now, step: 1), of: definition)
                let expected = rule.from.contains(stage) ? rule.to ?? stage : stage
                #expect((state.steps[1]?.stage ?? .ended) == expected, "\(rule.event) in \(stage)")
            }
        }
    }

    @Test("every run phase and event: a rule moves it, or nothing does")
    func runs() {
        let definition = DefinitionBuilder().build()
        for rule in RunTransitions.rules {
            for phase in RunPhase.allCases {
                var state = RunState()
                state.phase = phase
                state.apply(HistoryEvent(kind: rule.event, at: .now), of: definition)
                #expect(state.phase == (rule.from.contains(phase) ? rule.to ?? phase : phase))
            }
        }
    }
}

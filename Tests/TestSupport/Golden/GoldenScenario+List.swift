import JSON
import Linux

extension GoldenScenario {
    /// All that a history can tell of: what steps do, how they fail, and what is done to runs.
    public static let all = steps + failures + actions

    private static let steps = [
        GoldenScenario(
            "switch",
            """
            input: { type: object, properties: { n: { type: integer, default: 2 } } }
            steps:
              - { id: first, run: echo one }
              - { id: never, when: "${ input.n > 5 }", run: exit 1 }
              - { id: sum, needs: [first], set: { n: "${ input.n + 1 }" } }
              - id: route
                switch:
                  - when: "${ steps.sum.output.n > 100 }"
                    steps: [{ id: large, set: 1 }]
                  - steps: [{ id: small, run: echo small }]
            output: "${ steps.route.output }"
            always: [{ id: tell, run: "true" }]
            """
        ),
        GoldenScenario(
            "foreach",
            """
            steps:
              - id: each
                foreach: { items: "${ [1..5] }", as: parcel, max_concurrency: 2, tolerate: 2 }
                steps:
                  - { id: pack, run: 'test "$N" != 3', env: { N: "${ parcel }" } }
                  - { id: send, set: "${ parcel * 10 }" }
                output: "${ steps.send.output }"
            output: "${ steps.each.output }"
            """
        ),
        GoldenScenario(
            "repeat",
            """
            steps:
              - id: poll
                repeat: { until: "${ output >= 3 }", delay: 20ms, max: 5 }
                set: "${ round }"
            output: "${ steps.poll.output }"
            """
        ),
        GoldenScenario(
            "sleep",
            """
            steps:
              - { id: nap, sleep: 50ms }
              - { id: past, until: "2020-01-01T00:00:00Z" }
              - { id: overslept, timeout: 50ms, steps: [{ id: long, sleep: 1h }], on_error: continue }
              - { id: work, run: "true" }
            """
        ),
        GoldenScenario(
            "wait",
            """
            steps:
              - { id: late, wait: { signal: never, timeout: 50ms, default: { approved: false } } }
              - { id: early, wait: { signal: early } }
              - { id: approval, wait: { signal: approval, timeout: 1h } }
            output: "${ [steps.late.output, steps.early.output, steps.approval.output] }"
            """
        ) { installation, run in
            try installation.api.act("signals/early", on: run, ["n": 1])
            try installation.api.waitForStep(run, "approval", "waiting")
            try installation.api.act("signals/approval", on: run, ["n": 2])
            return run
        },
        GoldenScenario(
            "child",
            """
            steps:
              - { id: each, foreach: { items: [4, 5] }, workflow: golden-small, with: { n: "${ item }" } }
            output: "${ steps.each.output }"
            """,
            needs: [small]
        ),
        GoldenScenario(
            "concurrency",
            """
            concurrency: { key: golden, limit: 1, on_conflict: queue }
            steps:
              - id: each
                foreach: { items: "${ [1..3] }" }
                run: echo printed
                concurrency: { key: "printer of ${ run.id }", limit: 1 }
                rate: { key: "printer of ${ run.id }", limit: 2, per: 100ms }
            """
        ) { installation, run in
            let next = try installation.api.start("golden-concurrency")
            _ = try installation.api.end(of: run)
            return next
        },
        GoldenScenario(
            "defer",
            #"""
            steps:
              - id: ask
                run: |
                  echo '{"type": "defer"}' >&3
                timeout: 1h
              - { id: go_on, run: "true" }
            """#
        ) { installation, run in
            try installation.api.waitForStep(run, "ask", "waiting")
            try installation.api.act("steps/ask/fail", on: run, ["reason": "nobody answers"])
            return run
        },
    ]

    /// A workflow that others call.
    private static let small = """
        name: golden-small
        input: { type: object, properties: { n: { type: integer } }, required: [n] }
        steps:
          - { id: twice, set: "${ input.n * 2 }", compensate: { run: "true" } }
        output: "${ steps.twice.output }"
        """
}

// MARK: - Failures

extension GoldenScenario {
    private static let failures = [
        GoldenScenario(
            "retry",
            """
            steps:
              - id: flaky
                run: test "$PAWL_ATTEMPT" -ge 3
                retry: { attempts: 5, backoff: exponential, delay: 20ms, jitter: none }
              - id: group
                steps:
                  - { id: kept, run: echo kept, compensate: { run: "true" } }
                  - { id: failing, run: exit 3, retry: { attempts: 2, delay: 20ms } }
                on_error: continue
            """
        ),
        GoldenScenario(
            "catch",
            """
            steps:
              - id: charge
                fail: { type: CardDeclined, message: there is no money }
                catch:
                  - { on: [FraudSuspected], run: echo held }
                  - { on: [CardDeclined], run: echo later, compensate: { run: "true" } }
              - { id: mail, run: exit 1, catch: [{ output: no mail }] }
              - { id: tidy, run: exit 1, on_error: continue }
            output: "${ [steps.charge.output, steps.mail.output] }"
            """
        ),
        GoldenScenario(
            "compensation",
            """
            steps:
              - { id: reserve, run: echo a, compensate: { run: "true" } }
              - id: ship
                foreach: { items: [1, 2] }
                steps:
                  - { id: pack, run: echo b, compensate: { run: "true" } }
              - { id: stock, workflow: golden-small, with: { n: 1 } }
              - { id: decline, fail: { type: Declined, message: never enough } }
            always: [{ id: tell, run: "true" }]
            """,
            needs: [small]
        ),
        GoldenScenario(
            "compensation-failed",
            """
            steps:
              - { id: reserve, run: echo a, compensate: { run: exit 1 } }
              - { id: decline, fail: { type: Declined, message: never enough } }
            """
        ),
        GoldenScenario(
            "timeout",
            """
            timeout: 300ms
            steps:
              - { id: reserve, run: echo a, compensate: { run: "true" } }
              - { id: rest, sleep: 1h }
            """
        ),
        GoldenScenario(
            "lost",
            """
            steps:
              - { id: work, run: sleep 3 }
            """
        ) { installation, run in
            try installation.api.waitForStep(run, "work", "running")
            installation.killWorker()
            try installation.startWorker()
            return run
        },
    ]
}

// MARK: - What people do

extension GoldenScenario {
    private static let actions = [
        GoldenScenario(
            "pause",
            """
            steps:
              - { id: nap, sleep: 200ms }
              - { id: work, run: "true" }
            """
        ) { installation, run in
            try installation.api.act("pause", on: run, ["reason": "lunch"])
            try installation.api.waitForEvent(run, "timer.held")
            try installation.api.act("resume", on: run)
            return run
        },
        GoldenScenario("now", "steps: [{ id: nap, sleep: 1h }, { id: work, run: 'true' }]") {
            installation,
            run in
            try installation.api.waitForStep(run, "nap", "waiting")
            try installation.api.act("steps/nap/now", on: run)
            return run
        },
        GoldenScenario(
            "cancel",
            """
            steps:
              - { id: reserve, run: echo a, compensate: { run: "true" } }
              - { id: rest, run: sleep 60 }
            """
        ) { installation, run in
            try installation.api.waitForStep(run, "rest", "running")
            try installation.api.act("cancel", on: run, ["reason": "changed mind"])
            return run
        },
        GoldenScenario("terminate", "steps: [{ id: rest, sleep: 1h }]") { installation, run in
            try installation.api.waitForStep(run, "rest", "waiting")
            try installation.api.act("terminate", on: run, ["reason": "over"])
            return run
        },
        GoldenScenario(
            "rerun",
            """
            input: { type: object, properties: { fails: { type: boolean, default: true } } }
            steps:
              - { id: first, run: echo one }
              - { id: second, run: 'test "$FAILS" = false', env: { FAILS: "${ input.fails }" } }
            """
        ) { installation, run in
            _ = try installation.api.end(of: run)
            let answer = try installation.api.act(
                "rerun",
                on: run,
                ["from_step": "second", "input": ["fails": false]]
            )
            return answer["id"].stringValue ?? ""
        },
        GoldenScenario(
            "run-retry",
            """
            steps:
              - { id: first, run: echo one }
              - { id: second, wait: { signal: come, timeout: 300ms } }
              - { id: third, run: echo three }
            """
        ) { installation, run in
            _ = try installation.api.end(of: run)
            try installation.api.act("retry", on: run, ["reason": "it comes"])
            try installation.api.act("signals/come", on: run, ["n": 1])
            return run
        },
    ]
}

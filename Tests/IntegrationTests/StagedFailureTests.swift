import JSON
import Linux
import TestSupport
import Testing

/// A workflow that fails in one way, and what the first sentence of its diagnosis must name.
struct StagedFailure: Sendable, CustomTestStringConvertible {
    var rule: String
    var workflow: String
    var input: JSONValue = [:]
    /// Parts of the sentence: the cause, then the next action.
    var names: [String]

    var testDescription: String { rule }

    init(_ rule: String, _ steps: String, input: JSONValue = [:], names: String...) {
        self.rule = rule
        workflow = "name: staged-\(rule.replacing("_", with: "-"))\nsteps:\n\(steps)"
        self.input = input
        self.names = names
    }

    static let all: [StagedFailure] = [
        StagedFailure(
            "exit_status",
            "  - { id: charge, run: 'echo no such card >&2; exit 3' }",
            names: "Step “charge” failed: its program exited with status 3: no such card.",
            "pawl run logs"
        ),
        StagedFailure(
            "exit_permanent",
            "  - { id: set_up, run: 'exit 78' }",
            names: "“set_up”",
            "status 78, wrong configuration",
            "pawl run logs"
        ),
        StagedFailure(
            "attempt_timeout",
            "  - { id: slow, run: sleep 60, timeout: 300ms }",
            names: "“slow” failed: the attempt took longer than its timeout",
            "pawl run logs"
        ),
        StagedFailure(
            "out_of_memory",
            """
              - id: greedy
                limits: { memory: 24MiB }
                run: |
                  exec python3 -c 'x = bytearray(200 << 20)
                  print(len(x))'
            """,
            names: "“greedy” failed: ",
            "memory",
            "pawl run"
        ),
        StagedFailure(
            "output_not_json",
            "  - { id: chatty, run: 'echo hello there', capture: json }",
            names: "“chatty”",
            "it begins \"hello there",
            "on stderr",
            "pawl run logs"
        ),
        StagedFailure(
            "output_schema",
            "  - { id: wrong, uses: staged/wrong }",
            names: "“wrong”",
            "the output does not fit its schema: ",
            "/price",
            "pawl run retry"
        ),
        StagedFailure(
            "plugin_missing",
            "  - { id: nobody, uses: nowhere/run }",
            names: "“nobody”",
            "nowhere",
            "PAWL_PLUGIN_PATH",
            "pawl plugin list"
        ),
        StagedFailure(
            "secret_missing",
            "  - { id: hidden, run: echo, secrets: [the_key] }",
            names: "“hidden”",
            "no secret \"the_key\"",
            "PAWL_SECRETS_DIR",
            "pawl run retry"
        ),
        StagedFailure(
            "expression_error",
            "  - { id: wrong_sum, set: '${ input.a + 1 }' }",
            input: ["a": "text"],
            names: "“wrong_sum”",
            "an expression of the workflow failed",
            "pawl run rerun"
        ),
        StagedFailure(
            "not_executable",
            "  - { id: typo, run: nosuchprogram --now }",
            names: "“typo”",
            "missing or not executable",
            "nosuchprogram",
            "pawl run logs"
        ),
        StagedFailure(
            "killed_by_signal",
            "  - { id: crashes, run: 'kill -SEGV $$' }",
            names: "“crashes”",
            "SIGSEGV",
            "pawl run logs"
        ),
        StagedFailure(
            "signal_timeout",
            "  - { id: approval, wait: { signal: approve, timeout: 200ms } }",
            names: "“approval”",
            "no signal \"approve\" came",
            "pawl run signal"
        ),
        StagedFailure(
            "queue_timeout",
            "  - { id: unserved, run: echo, queue: nobody-here, queue_timeout: 200ms }",
            names: "“unserved”",
            "no worker took it",
            "pawl worker list"
        ),
        StagedFailure(
            "output_too_large",
            "  - { id: floods, run: 'head -c 6000000 /dev/zero | tr \"\\\\0\" x' }",
            names: "“floods”",
            "`limits.output`",
            "pawl run rerun"
        ),
        StagedFailure(
            "failed_on_purpose",
            "  - { id: refuse, fail: { type: NoStock, message: nothing left } }",
            names: "“refuse”",
            "ends here, with NoStock: nothing left",
            "pawl run show"
        ),
        StagedFailure(
            "plugin_error",
            """
              - id: pay
                run: |
                  echo '{"type": "CardDeclined", "message": "no funds"}'
                  exit 10
            """,
            names: "“pay” failed: CardDeclined: no funds",
            "pawl run logs"
        ),
    ]
}

@Suite("Staged failures: the first sentence names the cause and the next action")
struct StagedFailureTests {
    @Test("of a step", arguments: StagedFailure.all)
    func steps(_ staged: StagedFailure) async throws {
        try await APIFixture.serve { api in
            let run = try api.run(staged.workflow, input: staged.input)
            #expect(run["status"] == "failed", "\(run.serialized())")
            let diagnosis = try api.get("/v1/runs/\(run["id"]?.stringValue ?? "")/diagnosis")
            let sentence = diagnosis["sentence"].stringValue ?? ""
            #expect(diagnosis["findings"][0]?["rule"]?.stringValue == staged.rule, "\(diagnosis.text)")
            for name in staged.names { #expect(sentence.contains(name), "\(sentence)") }
        }
    }

    @Test("retries that are exhausted: how many attempts, what the last said, and that all were alike")
    func retries() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                """
                name: staged-retries
                steps:
                  - id: flaky
                    run: 'echo connection refused >&2; exit 1'
                    retry: { attempts: 3, delay: 10ms, jitter: none, backoff: constant }
                """
            )
            let id = run["id"]?.stringValue ?? ""
            let findings = try api.get("/v1/runs/\(id)/diagnosis")["findings"].arrayValue ?? []
            let sentences = findings.compactMap { $0["sentence"]?.stringValue }
            #expect(sentences.first?.hasPrefix("Step “flaky” failed 3 attempts: ") == true, "\(sentences)")
            #expect(sentences.first?.contains("connection refused") == true)
            #expect(findings.contains { $0["rule"] == "retries_exhausted" })
            #expect(findings.first?["evidence"]?["log"]?[0] == "connection refused")
        }
    }

    @Test("a compensation that failed comes first, with the way to continue it")
    func compensation() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                """
                name: staged-compensation
                steps:
                  - id: charge
                    run: echo paid
                    compensate: { run: 'echo bank is closed >&2; exit 4' }
                  - { id: ship, run: exit 5 }
                """
            )
            #expect(run["compensation"] == "failed", "\(run.serialized())")
            let id = run["id"]?.stringValue ?? ""
            let diagnosis = try api.get("/v1/runs/\(id)/diagnosis")
            let sentence = diagnosis["sentence"].stringValue ?? ""
            #expect(sentence.contains("Undoing step “charge” failed: "), "\(sentence)")
            #expect(sentence.contains("bank is closed") && sentence.contains("pawl run retry \(id)"))
            #expect(diagnosis["findings"][1]?["step"] == "ship", "\(diagnosis.text)")
        }
    }

    @Test("a child's failure leads to the child, which names its own cause")
    func child() async throws {
        try await APIFixture.serve { api in
            try api.apply("name: staged-inner\nsteps:\n  - { id: deep, run: 'echo dry >&2; exit 6' }\n")
            let run = try api.run(
                "name: staged-outer\nsteps:\n  - { id: call, workflow: staged-inner }\n"
            )
            let id = run["id"]?.stringValue ?? ""
            let finding = try api.get("/v1/runs/\(id)/diagnosis")["findings"][0] ?? .null
            #expect(finding["rule"] == "child_failed")
            let command = finding["action"]?["command"]?.stringValue ?? ""
            #expect(command.hasPrefix("pawl run why run_"))
            let child = command.split(separator: " ").last.map(String.init) ?? ""
            let why = try PawlProcess.run(["run", "why", child, "--server", api.address])
            #expect(why.output.contains("Step “deep” failed"), "\(why.output)\(why.errors)")
            #expect(why.output.contains("exited with status 6: dry"))
        }
    }

    @Test("a run that took too long, and one that somebody ended, say so of the run")
    func wholeRun() async throws {
        try await APIFixture.serve { api in
            let late = try api.run("name: staged-late\ntimeout: 200ms\nsteps:\n  - { id: rest, sleep: 1h }\n")
            let first = try api.get("/v1/runs/\(late["id"]?.stringValue ?? "")/diagnosis")
            #expect(first["findings"][0]?["rule"] == "run_timeout", "\(first.text)")
            #expect(first["sentence"].stringValue?.hasPrefix("The run failed: the run took longer") == true)
            let stopped = try api.start(
                try api.apply("name: staged-stopped\nsteps:\n  - { id: rest, sleep: 1h }\n")
            )
            _ = try api.call("POST", "/v1/runs/\(stopped)/cancel", ["reason": "wrong day"])
            _ = try api.end(of: stopped)
            let second = try api.get("/v1/runs/\(stopped)/diagnosis")
            #expect(second["findings"][0]?["rule"] == "cancelled")
            #expect(second["sentence"].stringValue?.contains("wrong day") == true, "\(second.text)")
        }
    }

    @Test("a worker lost again and again: the step, how often, and where to look")
    func lostWorkers() async throws {
        let installation = try await Installation.start(lease: "1s", slots: 2)
        try await onOwnThread {
            defer { installation.remove() }
            let api = installation.api
            // Its program kills the worker that runs it: the parent of the supervisor.
            let run = try api.start(
                try api.apply("name: staged-killer\nsteps:\n  - { id: deadly, run: sleep 60 }\n")
            )
            for lost in 0..<5 {
                try eventually("loss \(lost) is known", within: PawlProcess.patience) {
                    try api.history(run).events("attempt.lost").count == lost
                }
                try api.waitForStep(run, "deadly", "running")
                installation.killWorker()
                try installation.startWorker()
            }
            #expect(try api.end(of: run)["error"]?["type"] == "WorkerLost")
            let sentence = try api.get("/v1/runs/\(run)/diagnosis")["sentence"].stringValue ?? ""
            #expect(sentence.contains("“deadly” failed: its worker was lost 5 times"), "\(sentence)")
            #expect(sentence.contains("pawl run logs \(run)"))
        }
    }
}

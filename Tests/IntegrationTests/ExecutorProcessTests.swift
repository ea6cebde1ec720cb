import FoundationEssentials
import JSON
import Linux
import Scheduler
import TestSupport
import Testing

@Suite("Programs run by the protocol")
struct ExecutorProcessTests {
    @Test("what a program is told: variables, arguments, secret, context")
    func environment() async throws {
        let told = await ExecutorFixture.plugin("tell") {
            $0.environment = ["COLOUR": "blue", "LEVEL": "low"]
            $0.settings.env = ["COLOUR": "blue"]
            $0.defaults.env = ["LEVEL": "low"]
            $0.attempt = 3
            $0.previousError = StepError(type: "Exit", message: "before")
            $0.checkpoint = Payload(["page": 7])
        }
        let log = told.messages
        let expected = [
            "COLOUR=blue", "LEVEL=high", "LIMIT=5", "PAWL_PROTOCOL=1", "PAWL_WORKFLOW=orders",
            "PAWL_STEP=orders[3]/ship#2", "PAWL_PHASE=step", "PAWL_ACTION=tell", "PAWL_ATTEMPT=3",
            "PAWL_MAX_ATTEMPTS=7", "PAWL_IDEMPOTENCY_KEY=run/ship", "PAWL_FENCING_TOKEN=42",
            "PAWL_CONTROL_FD=3", "PAWL_PLUGIN_DIR=\(ExecutorFixture.plugins)/probe", "LANG=C.UTF-8",
            "TZ=UTC", "arguments=a b $HOME", "secret=***", "mode=400", "files=", "artifacts=yes",
        ]
        for line in expected { #expect(log.contains(line), "\(line) in \(log)") }
        #expect(!log.contains { $0.hasPrefix("USER=") || $0.contains("sk_live") })
        let context = try #require(told.output)
        #expect(context["attempt"] == 3)
        #expect(context["labels"] == ["team": "shop"])
        #expect(context["previous_error"]?["type"] == "Exit")
        #expect(context["checkpoint"] == ["page": 7])
        #expect(told.report.digest?.count == 64)
        #expect(told.report.manifest?.retry?.attempts == 7)
    }

    @Test("input and output are held to their schemas, the input before a process starts")
    func schemas() async throws {
        #expect(await ExecutorFixture.plugin("echo", ["amount": 5]).output == ["amount": 5])
        let input = await ExecutorFixture.plugin("echo", ["amount": 0])
        #expect(input.error?.type == "InvalidInput")
        #expect(input.error?.details?["violations"]?[0]?["pointer"] == "/amount")
        #expect(input.report.exit == nil)
        let output = await ExecutorFixture.plugin("echo", ["amount": 5_000])
        #expect(output.error?.type == "InvalidOutput")
        #expect(output.report.exit == ["code": 0])
    }

    @Test("exit codes of the manifest")
    func exitCodes() async {
        let declined = await ExecutorFixture.plugin("fail", 10)
        #expect(declined.error?.type == "CardDeclined")
        #expect(declined.error?.retryable == false)
        #expect(await ExecutorFixture.plugin("fail", 75).error?.retryable == true)
    }

    @Test("an unknown secret, an unknown plugin: before a process starts")
    func refusals() async {
        let secret = await ExecutorFixture.shell("exit 0") { $0.settings.secrets = ["nope"] }
        #expect(secret.error?.type == "SecretUnavailable")
        #expect(secret.error?.message.contains("nope") == true)
        let plugin = await ExecutorFixture.plugin("echo", of: "nobody")
        #expect(plugin.error?.type == "PluginUnavailable")
        let variable = await ExecutorFixture.shell("exit 0") { $0.environment = ["X": "a\u{0}b"] }
        #expect(variable.error?.type == "InvalidInput")
        let huge = await ExecutorFixture.shell("exit 0") {
            $0.environment = ["X": String(repeating: "x", count: 200_000)]
        }
        #expect(huge.error?.type == "InvalidInput")
    }

    @Test("the control channel: progress, log, mask, checkpoint, result")
    func control() async {
        let told = await ExecutorFixture.shell(
            """
            echo '{"type":"mask","value":"hunter2"}' >&3
            echo '{"type":"progress","done":3,"total":7,"unit":"files"}' >&3
            echo '{"type":"log","level":"warn","message":"the word is hunter2","fields":{"n":1}}' >&3
            echo '{"type":"heartbeat","checkpoint":{"page":1}}' >&3
            echo '{"type":"heartbeat","checkpoint":{"page":2}}' >&3
            echo '{"type":"unheard-of"}' >&3
            echo 'garbage' >&3
            echo '{"type":"result","output":{"ok":true}}' >&3
            echo 'this is log'
            """
        )
        #expect(told.output == ["ok": true])
        #expect(told.report.checkpoint?.value == ["page": 2])
        #expect(told.messages.contains("3 of 7 files"))
        #expect(told.log.contains { $0.level == .warning && $0.message == "the word is ***" })
        #expect(told.messages.contains { $0.contains("cannot be read") })
        #expect(told.messages.contains("this is log"))
    }

    @Test("lines of stderr: structured, with a syslog level, plain")
    func stderr() async {
        let told = await ExecutorFixture.shell(
            """
            echo '{"level":"error","msg":"broken","code":5}' >&2
            echo '<4>careful' >&2
            echo '<9>odd' >&2
            echo '{"level":"error"}' >&2
            echo plain >&2
            """
        )
        let seen = told.log.map { "\($0.level.rawValue) \($0.message)" }
        let expected = [
            "error broken", "warning careful", "info <9>odd", "info {\"level\":\"error\"}", "info plain",
        ]
        #expect(seen == expected)
        #expect(told.log.first?.fields == ["code": 5])
    }

    @Test("silence past the heartbeat ends a step; heartbeats keep it alive")
    func heartbeats() async {
        let silent = await ExecutorFixture.shell("sleep 60") { $0.settings.heartbeatMilliseconds = 300 }
        #expect(silent.error?.type == "HeartbeatTimeout")
        let beating = "for i in 1 2 3 4 5 6 7 8; do echo '{\"type\":\"heartbeat\"}' >&3; sleep 0.2; done"
        let alive = await ExecutorFixture.shell(beating) { $0.settings.heartbeatMilliseconds = 1_000 }
        #expect(alive.error == nil)
    }

    @Test("a deadline is moved by extend, at most to ten times the timeout, and to the end of the run")
    func extend() async {
        let script = "echo '{\"type\":\"extend\",\"by\":\"1h\"}' >&3; sleep $SECONDS_TO_SLEEP"
        let moved = await ExecutorFixture.shell(script) {
            $0.settings.timeoutMilliseconds = 400
            $0.environment = ["SECONDS_TO_SLEEP": "1"]
        }
        #expect(moved.error == nil)
        let bounded = await ExecutorFixture.shell(script) {
            $0.settings.timeoutMilliseconds = 100
            $0.environment = ["SECONDS_TO_SLEEP": "60"]
        }
        #expect(bounded.error?.type == "Timeout")
        let endsWithItsRun = await ExecutorFixture.shell(script) {
            $0.settings.timeoutMilliseconds = 500
            $0.runDeadline = .now + .milliseconds(800)
            $0.environment = ["SECONDS_TO_SLEEP": "60"]
        }
        #expect(endsWithItsRun.error?.type == "Timeout")
    }

    @Test("a cancel: a result within the grace counts, a program that does not heed it is killed")
    func cancel() async {
        let script = "trap 'echo 5; exit 0' TERM; echo ready >&2; while :; do sleep 0.05; done"
        let heeding = await ExecutorFixture.shell(script, whileRunning: { $1.cancel() })
        #expect(heeding.output == 5)
        let deaf = "trap '' TERM; echo ready >&2; while :; do sleep 0.05; done"
        let forced = await ExecutorFixture.shell(
            deaf,
            .emptyObject,
            { $0.settings.graceMilliseconds = 200 },
            whileRunning: { $1.cancel() }
        )
        guard case .cancelled(let error) = forced.report.outcome else {
            Issue.record("\(forced.report.outcome)")
            return
        }
        #expect(error.type == "Cancelled")
        #expect(forced.report.exit == ["signal": 9])
    }

    @Test("every document of JSONTestSuite goes through a program unchanged, or ends the step as invalid")
    func documents() async throws {
        let lines = try Files.read("\(ExecutorFixture.root)/Tests/Fixtures/json/cases.jsonl")
        let path = "\(ExecutorFixture.folder)-document-\(ThisProcess.id)"
        defer { try? Files.removeFile(path) }
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            let example = try JSONValue.parse(Array(line))
            let name = example["name"]?.stringValue ?? ""
            let document = [UInt8](try #require(Data(base64Encoded: example["base64"]?.stringValue ?? "")))
            try Files.write(path, document)
            let told = await ExecutorFixture.shell("exec cat \(path)")
            if document.isEmpty {
                #expect(told.output == .null)
            } else if let value = try? JSONValue.parse(document) {
                #expect(told.output == value, "\(name)")
            } else {
                #expect(told.error?.type == "InvalidOutput", "\(name)")
            }
        }
    }
}

@Suite("What one attempt leaves, the next does not find")
struct ExecutorReuseTests {
    @Test("artifacts are kept in both isolations, from the scratch folder and from that for artifacts")
    func artifacts() async throws {
        let script = """
            echo one > one; echo two > $PAWL_ARTIFACTS/two
            echo '{"type":"artifact","name":"a","path":"one","media_type":"text/plain"}' >&3
            printf '{"type":"artifact","name":"b","path":"%s/two"}\\n' "$PAWL_ARTIFACTS" >&3
            """
        for isolation in ["standard", "strict"] {
            var limits = Scheduler.Limits()
            limits.isolation = isolation
            let told = await ExecutorFixture.shell(script) { [limits] in $0.settings.limits = limits }
            guard case .succeeded = told.report.outcome else {
                Issue.record("\(isolation): \(told.report.outcome)")
                continue
            }
            #expect(told.report.artifacts.map(\.name) == ["a", "b"])
            #expect(told.report.artifacts.map(\.size) == [4, 4])
        }
    }

    @Test("files beside the scratch folder, in it, among the artifacts, a context that was replaced")
    func leftovers() async {
        let spoil = [
            ": > spoilt", ": > \"$(dirname \"$PAWL_CONTEXT\")/spoilt\"", ": > \"$PAWL_ARTIFACTS/spoilt\"",
            "rm \"$PAWL_CONTEXT\"; ln -s /etc/hostname \"$PAWL_CONTEXT\"", "echo x >> \"$PAWL_CONTEXT\"",
            "rmdir \"$PAWL_ARTIFACTS\"",
        ]
        let look = """
            ls -A . "$(dirname "$PAWL_CONTEXT")" "$PAWL_ARTIFACTS" | grep spoilt >&2 && exit 1
            test -d "$PAWL_ARTIFACTS"
            grep -q '"key-of-this"' "$PAWL_CONTEXT"
            cat "$PAWL_CONTEXT"
            """
        for script in spoil {
            #expect(await ExecutorFixture.shell(script).error == nil, "\(script)")
            for _ in 1...3 {
                let told = await ExecutorFixture.shell(look) { $0.idempotencyKey = "key-of-this" }
                #expect(told.output?["idempotency_key"] == "key-of-this", "after \(script): \(told.messages)")
            }
        }
    }
}

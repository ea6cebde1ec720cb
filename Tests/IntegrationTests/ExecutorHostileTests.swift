import JSON
import Linux
import Scheduler
import Testing

@Suite("Hostile programs get the documented error, promptly, and leave nothing behind")
struct ExecutorHostileTests {
    @Test("garbage, nothing, a hundred megabytes")
    func outputs() async {
        let garbage = await ExecutorFixture.shell("head -c 500 /dev/urandom")
        #expect(garbage.error?.type == "InvalidOutput")
        #expect(await ExecutorFixture.shell("exit 0").output == .null)
        let flood = await ExecutorFixture.shell("exec head -c 100000000 /dev/zero")
        #expect(flood.error?.type == "OutputLimit")
        #expect(flood.error?.hasUnknownOutcome == true)
        let noise = await ExecutorFixture.shell("head -c 100000000 /dev/zero >&2; echo 1") {
            // A build for a sanitizer takes half a minute to read it.
            $0.settings.timeoutMilliseconds = 120_000
        }
        #expect(noise.output == 1)
    }

    @Test("a step that ignores SIGTERM is over soon after its deadline and grace")
    func deaf() async {
        let told = await ExecutorFixture.shell("trap '' TERM; while :; do sleep 0.05; done") {
            $0.settings.timeoutMilliseconds = 300
            $0.settings.graceMilliseconds = 200
        }
        #expect(told.error?.type == "Timeout")
        #expect(told.report.exit == ["signal": 9])
        #expect(told.report.receipt?["wall_ms"]?.doubleValue ?? .infinity < 5_000)
    }

    @Test("a daemon left behind is gone when the step is over, and its step has succeeded")
    func daemon() async throws {
        let told = await ExecutorFixture.shell(
            "setsid sh -c 'sleep 1000' </dev/null >/dev/null 2>&1 & echo $$"
        )
        #expect(told.output != nil)
        #expect(told.report.receipt?["stragglers"]?.integerValue ?? 0 >= 1)
    }

    @Test("inputs of every size arrive whole", arguments: [0, 60_000, 70_000, 300_000, 4_000_000])
    func inputs(size: Int) async {
        let text = String(repeating: "x", count: size)
        let told = await ExecutorFixture.shell("exec cat", Payload(.string(text)))
        #expect(told.output == .string(text))
    }

    @Test("an input beyond the cap, an input that nobody reads")
    func unreadInputs() async {
        let large = Payload(.string(String(repeating: "x", count: 4 << 20)))
        #expect(await ExecutorFixture.shell("exit 0", large).error?.type == "OutputLimit")
        let unread = Payload(.string(String(repeating: "x", count: 1 << 20)))
        #expect(await ExecutorFixture.shell("exit 0", unread).output == .null)
    }

    @Test(
        "values beyond what we take, on each channel",
        arguments: ["9223372036854775808", "1e400", "\"\\ud800\"", "[[[["]
    )
    func values(text: String) async {
        let nested = text == "[[[[" ? "\(String(repeating: "[", count: 20_000))" : text
        let stdout = await ExecutorFixture.shell("cat <<'E'\n\(nested)\nE\n")
        #expect(stdout.error?.type == "InvalidOutput")
        let result = await ExecutorFixture.shell(
            "cat >&3 <<'E'\n{\"type\":\"result\",\"output\":\(nested)}\nE\n"
        )
        #expect(result.error?.type == "InvalidOutput")
        let error = await ExecutorFixture.shell(
            "cat >&3 <<'E'\n{\"type\":\"error\",\"error\":{\"details\":\(nested)}}\nE\n"
        )
        #expect(error.error?.type == "InvalidOutput")
        let object = await ExecutorFixture.shell(
            "cat <<'E'\n{\"type\":\"Mine\",\"details\":\(nested)}\nE\nexit 3"
        )
        #expect(object.error?.type == "Exit")
    }

    @Test("nesting of a hundred thousand levels, on stdout and on the control channel")
    func nesting() async {
        let deep = "python3 -c 'print(\"[\" * 100000 + \"]\" * 100000)'"
        #expect(await ExecutorFixture.shell(deep).error?.type == "InvalidOutput")
        let control =
            "python3 -c 'print(\"{\\\"type\\\":\\\"result\\\",\\\"output\\\":\" + \"[\" * 100000)' >&3"
        #expect(await ExecutorFixture.shell(control).error?.type == "InvalidOutput")
    }

    @Test("a script whose interpreter is missing, a program that asks for more memory than it may have")
    func interpreters() async {
        let missing = await ExecutorFixture.run(.script(Script(shell: ["no-such-shell"], source: "")))
        #expect(missing.error?.type == "PluginUnavailable")
        let hungry = await ExecutorFixture.shell("head -c 300000000 /dev/zero | tail -c 299999999 >/dev/null")
        {
            $0.settings.limits = Scheduler.Limits()
            $0.settings.limits?.memoryBytes = 32 << 20
        }
        #expect(hungry.error != nil)
        #expect(hungry.report.enforced?.arrayValue?.contains { $0["limit"] == "memory" } == true)
    }
}

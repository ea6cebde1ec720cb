import JSON
import JSONSchema
import Sandbox
import Scheduler
import Testing

@testable import Executors

@Suite("Every documented end of an attempt is read as documented")
struct ExecutorOutcomeTests {
    private func read(
        _ termination: Termination,
        status: ProgramExit? = nil,
        stdout: String = "",
        stderr: String = "",
        contract: OutcomeContract = OutcomeContract(),
        control: ControlRecord = ControlRecord()
    ) -> Scheduler.Outcome {
        var status = status
        if status == nil, case .exited(let code) = termination { status = .code(code) }
        if status == nil, case .signalled(let signal) = termination { status = .signal(signal) }
        let evidence = Evidence(
            termination: termination,
            status: status,
            stdout: Array(stdout.utf8),
            stderr: Array(stderr.utf8),
            control: control
        )
        return OutcomeReader.outcome(of: evidence, by: contract)
    }

    private func failure(of outcome: Scheduler.Outcome) -> StepError? {
        switch outcome {
        case .failed(let error), .cancelled(let error): error
        default: nil
        }
    }

    private func output(of outcome: Scheduler.Outcome) -> JSONValue? {
        if case .succeeded(let payload) = outcome { payload.value } else { nil }
    }

    @Test(
        "exit statuses",
        arguments: [
            (64, "Exit", false), (65, "Exit", false), (66, "Exit", false), (67, "Exit", false),
            (68, "Exit", false), (76, "Exit", false), (77, "Exit", false), (78, "Exit", false),
            (75, "Exit", true), (69, "Exit", true), (70, "Exit", true), (71, "Exit", true),
            (73, "Exit", true), (74, "Exit", true), (126, "PluginUnavailable", false),
            (127, "PluginUnavailable", false), (1, "Exit", nil), (72, "Exit", nil), (255, "Exit", nil),
        ] as [(Int32, String, Bool?)]
    )
    func statuses(status: Int32, type: String, retryable: Bool?) throws {
        let error = try #require(failure(of: read(.exited(status), stderr: "first\nno luck\n\n")))
        #expect(error.type == type)
        #expect(error.retryable == retryable)
        #expect(error.message == "no luck")
        #expect(error.details == ["status": .integer(Int64(status))])
        #expect(!error.hasUnknownOutcome)
    }

    @Test(
        "the engine's verdicts, whatever the program says",
        arguments: [
            (.timeout(forced: false), "Timeout"), (.timeout(forced: true), "Timeout"),
            (.heartbeatTimeout, "HeartbeatTimeout"), (.outOfMemory, "OutOfMemory"),
            (.cpuLimit, "CPULimit"), (.outputLimit, "OutputLimit"), (.cancelled(forced: true), "Cancelled"),
        ] as [(Termination, String)]
    )
    func verdicts(termination: Termination, type: String) throws {
        var control = ControlRecord()
        control.result = 1
        let exitedWell = read(termination, status: .code(0), stdout: "1", control: control)
        if case .cancelled = termination {
            #expect(output(of: exitedWell) == 1)
        } else {
            #expect(try #require(failure(of: exitedWell)).type == type)
        }
        control.error = ErrorObject(type: "Mine", message: "mine", retryable: false, details: ["a": 1])
        let error = try #require(failure(of: read(termination, status: .signal(15), control: control)))
        #expect(error.type == type)
        #expect(error.message != "mine")
        #expect(error.retryable == false)
        #expect(error.details == ["a": 1])
        #expect(error.hasUnknownOutcome)
    }

    @Test("a signal of its own is a status like others, with an unknown outcome")
    func signal() throws {
        let plain = try #require(failure(of: read(.signalled(11))))
        #expect(plain.type == "Signal")
        #expect(plain.message.contains("SIGSEGV"))
        #expect(plain.hasUnknownOutcome)
        var control = ControlRecord()
        control.error = ErrorObject(type: "Mine")
        #expect(failure(of: read(.signalled(11), control: control))?.type == "Mine")
    }

    @Test("the first that speaks decides, and what it leaves out comes from the next")
    func precedence() throws {
        var contract = OutcomeContract()
        contract.exitCodes[10] = Manifest.ExitRule(type: "CardDeclined", retryable: false)
        let stdout = #"{"type":"FromStdout","message":"said on stdout","details":{"x":1}}"#
        var control = ControlRecord()
        control.error = ErrorObject(type: "FromControl", retryable: true)

        let all = try #require(
            failure(
                of: read(.exited(10), stdout: stdout, stderr: "log", contract: contract, control: control)
            )
        )
        #expect(all.type == "FromControl")
        #expect(all.message == "said on stdout")
        #expect(all.retryable == true)
        #expect(all.details == ["x": 1])

        let noControl = try #require(failure(of: read(.exited(10), stdout: stdout, contract: contract)))
        #expect(noControl.type == "FromStdout")
        #expect(noControl.retryable == false)

        let codes = try #require(
            failure(of: read(.exited(10), stdout: "{}", stderr: "log", contract: contract))
        )
        #expect(codes.type == "CardDeclined")
        #expect(codes.message == "log")
        #expect(codes.retryable == false)
        #expect(codes.details == ["status": 10])

        let exitsWell = try #require(failure(of: read(.exited(0), stdout: "5", control: control)))
        #expect(exitsWell.type == "FromControl")
    }

    @Test("members of an error object that are of a wrong kind are as if they were not there")
    func malformedErrors() throws {
        let stdout = #"{"type":"Odd","message":5,"retryable":"no","retry_after":"soon","details":null}"#
        let error = try #require(failure(of: read(.exited(3), stdout: stdout, stderr: "said")))
        #expect(error.type == "Odd")
        #expect(error.message == "said")
        #expect(error.retryable == nil)
        #expect(error.retryAfterMilliseconds == nil)
        #expect(error.details == ["status": 3])
        #expect(self.failure(of: read(.exited(3), stdout: #"{"type":5}"#))?.type == "Exit")
    }

    @Test("snooze and retry_after")
    func snooze() throws {
        let later = read(.exited(75), stdout: #"{"class":"snooze","retry_after":"30s"}"#)
        guard case .snoozed(30_000) = later else { return #expect(Bool(false), "\(later)") }
        let retry = read(.exited(1), stdout: #"{"type":"Busy","retry_after":"1m"}"#)
        #expect(failure(of: retry)?.retryAfterMilliseconds == 60_000)
        let late = read(.timeout(forced: false), status: .code(75), stdout: #"{"class":"snooze"}"#)
        #expect(failure(of: late)?.type == "Timeout")
    }

    @Test("defer counts only after a good exit")
    func deferral() {
        var control = ControlRecord()
        control.deferral = .init(timeoutMilliseconds: 5)
        let well = read(.exited(0), stdout: "garbage", control: control)
        guard case .deferred(5) = well else { return #expect(Bool(false), "\(well)") }
        #expect(failure(of: read(.exited(1), control: control))?.type == "Exit")
    }

    @Test("a result message wins over stdout, and fails with a bad exit")
    func result() {
        var control = ControlRecord()
        control.result = ["x": 1]
        #expect(output(of: read(.exited(0), stdout: "garbage", control: control)) == ["x": 1])
        #expect(failure(of: read(.exited(1), control: control))?.type == "Exit")
        control = ControlRecord()
        control.unreadable = "a line cannot be read"
        #expect(failure(of: read(.exited(0), stdout: "1", control: control))?.type == "InvalidOutput")
    }

    @Test(
        "stdout as the output",
        arguments: [
            (.json, "", nil, .null), (.json, " {\"a\": [1.0, 2]} \n", nil, ["a": [1.0, 2]]),
            (.json, "garbage", "InvalidOutput", nil), (.json, "1 2", "InvalidOutput", nil),
            (.json, "9223372036854775808", "InvalidOutput", nil), (.json, "1e400", "InvalidOutput", nil),
            (.json, "\"\\ud800\"", "InvalidOutput", nil), (.json, "\"\\u0000\"", nil, "\u{0}"),
            (.text, "a\nb\n\n", nil, "a\nb"), (.text, "", nil, ""),
            (.lines, "a\n\nb\n", nil, ["a", "", "b"]),
            (.lines, "", nil, []), (.lines, "a\nb", nil, ["a", "b"]), (.none, "garbage", nil, .null),
        ] as [(OutcomeContract.Capture, String, String?, JSONValue?)]
    )
    func captures(capture: OutcomeContract.Capture, stdout: String, type: String?, value: JSONValue?) {
        let outcome = read(.exited(0), stdout: stdout, contract: OutcomeContract(capture: capture))
        #expect(failure(of: outcome)?.type == type)
        #expect(output(of: outcome) == value)
    }

    @Test("an output that does not fit its schema is refused with the places")
    func schema() throws {
        let schema = try Schema.compile(["type": "object", "required": ["id"]])
        let outcome = read(.exited(0), stdout: "{}", contract: OutcomeContract(output: schema))
        let error = try #require(failure(of: outcome))
        #expect(error.type == "InvalidOutput")
        #expect(error.details?["violations"]?[0]?["keyword"] == "required")
    }

    @Test("a program that cannot be started, and a host that cannot start it")
    func spawning() {
        #expect(failure(of: read(.spawnFailed(errno: 2)))?.type == "PluginUnavailable")
        #expect(failure(of: read(.spawnFailed(errno: 11)))?.type == "SpawnFailed")
        #expect(failure(of: read(.spawnFailed(errno: 26)))?.type == "SpawnFailed")
        #expect(failure(of: read(.spawnFailed(errno: 7)))?.type == "InvalidInput")
        #expect(failure(of: read(.launcherFailed(stage: "mounts", errno: 1)))?.type == "SandboxFailed")
    }
}

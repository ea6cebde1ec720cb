import Executors
import JSON
import Linux
import Sandbox
import Scheduler

/// One executor for all tests of this process.
enum ExecutorFixture {
    static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    static let plugins = "\(root)/Tests/Fixtures/plugins"
    static let folder = "/tmp/pawl-executor-tests-\(ThisProcess.userID)"

    static let sandbox = makeSandbox()
    static let executor = PluginExecutor(
        sandbox: sandbox,
        registry: PluginRegistry(folders: [plugins]),
        secrets: Secrets()
    )

    struct Secrets: SecretsProvider {
        let places = "the tests"
        func secret(named name: String) -> [UInt8]? {
            name == "stripe_key" ? Array("sk_live_123\n".utf8) : nil
        }
    }

    private static func makeSandbox() -> Sandbox {
        let build = ProcessSpawn(
            path: "/bin/sh",
            arguments: ["sh", "\(root)/scripts/build-launcher"],
            environment: ["PATH=\(ThisProcess.environment("PATH") ?? "")"],
            descriptors: [(2, 0), (2, 1), (2, 2)]
        )
        do {
            _ = try build.start().wait()
            return try Sandbox(folder: folder, launcher: "\(root)/.build/launcher/pawl-launch")
        } catch {
            fatalError("no sandbox: \(error)")
        }
    }

    /// An attempt and all that was heard of it.
    struct Told: Sendable {
        var report: AttemptReport
        var log: [LogLine]

        var output: JSONValue? {
            if case .succeeded(let output) = report.outcome { output.value } else { nil }
        }
        var error: StepError? {
            switch report.outcome {
            case .failed(let error), .cancelled(let error): error
            default: nil
            }
        }
        var messages: [String] { log.map(\.message) }
    }

    /// An order as an engine would give it.
    static func order(_ call: AttemptOrder.Call, _ input: Payload) -> AttemptOrder {
        var order = AttemptOrder(
            run: RunID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001),
            workflow: "orders",
            workflowVersion: 3,
            labels: ["team": "shop"],
            step: 1,
            path: "orders[3]/ship#2",
            call: call,
            input: input,
            token: 42,
            idempotencyKey: "run/ship",
            startedAt: .now
        )
        order.settings.timeoutMilliseconds = 20_000
        return order
    }

    /// Runs an attempt; `whileRunning` gets the handle on it and each line of its log.
    static func run(
        _ call: AttemptOrder.Call,
        _ input: Payload = .emptyObject,
        by executor: PluginExecutor = executor,
        _ adjust: (inout AttemptOrder) -> Void = { _ in },
        whileRunning: @escaping @Sendable (LogLine, any RunningAttempt) -> Void = { _, _ in }
    ) async -> Told {
        var order = order(call, input)
        adjust(&order)
        let lines = Locked<[LogLine]>([])
        let handle = Locked<(any RunningAttempt)?>(nil)
        let report = await withCheckedContinuation {
            (continuation: CheckedContinuation<AttemptReport, Never>) in
            let attempt = executor.start(
                order,
                log: { line in
                    lines.withLock { $0.append(line) }
                    if let attempt = handle.withLock({ $0 }) { whileRunning(line, attempt) }
                },
                completion: { continuation.resume(returning: $0) }
            )
            handle.withLock { $0 = attempt }
        }
        return Told(report: report, log: lines.withLock { $0 })
    }

    static func shell(
        _ source: String,
        capture: Script.Capture = .json,
        _ input: Payload = .emptyObject,
        _ adjust: (inout AttemptOrder) -> Void = { _ in },
        whileRunning: @escaping @Sendable (LogLine, any RunningAttempt) -> Void = { _, _ in }
    ) async -> Told {
        let script = Script(shell: ["sh", "-e"], source: source, capture: capture)
        return await run(.script(script), input, adjust, whileRunning: whileRunning)
    }

    static func plugin(
        _ action: String,
        of plugin: String = "probe",
        version: String? = nil,
        _ input: JSONValue = [:],
        _ adjust: (inout AttemptOrder) -> Void = { _ in }
    ) async -> Told {
        let call = PluginCall(plugin: plugin, action: action, version: version)
        return await run(.plugin(call), Payload(input), adjust)
    }
}

import JSON
import Scheduler

/// An attempt of a run as a golden test of its plugin: the same input is to give the same end.
struct AttemptTest {
    private let run: JSONValue
    private let step: JSONValue
    private let attempt: JSONValue
    private let call: PluginCall
    private let settings: Settings

    /// Picks the attempt of this number, or the last, among the steps of a run.
    ///
    /// - Throws: What there is no such thing of, or why it is no attempt of a plugin that has ended.
    init(
        run: JSONValue,
        steps: [JSONValue],
        source: String,
        path: String,
        attempt number: Int?
    ) throws(CommandFailure) {
        let paths = steps.compactMap { $0["path"]?.stringValue }
        guard let step = steps.first(where: { $0["path"]?.stringValue == path }) else {
            let known = paths.prefix(20).joined(separator: ", ")
            throw CommandFailure(.notFound, "the run has no step \(path)", hint: "it has \(known)")
        }
        let attempts = step["attempts"]?.arrayValue ?? []
        let picked = attempts.last { number == nil || $0["number"]?.integerValue == number.map { Int64($0) } }
        guard let picked, picked["status"]?.stringValue != AttemptStatus.running.rawValue else {
            let which = number.map { "attempt \($0)" } ?? "attempt"
            throw CommandFailure(.notFound, "step \(path) has no \(which) that has ended")
        }
        guard let workflow = DefinitionCompiler.compile(source).workflow,
            let node = workflow.nodes.first(where: { $0.id == RunJSON.stepID(of: path) }),
            case .plugin(let call) = node.action, !path.hasSuffix("!")
        else {
            throw CommandFailure(
                .failed,
                "step \(path) is no action of a plugin, so there is nothing to test"
            )
        }
        self.run = run
        self.step = step
        self.call = call
        attempt = picked
        settings = node.settings.filled(from: workflow.defaults)
    }

    /// The file for the plugin's folder `tests`.
    var text: String {
        let id = run["id"]?.stringValue ?? ""
        let number = attempt["number"]?.integerValue ?? 1
        var lines = [
            "# Attempt \(number) of step \(Output.text(step["path"])) in run \(id), "
                + "of \(Output.text(attempt["started_at"])).",
            "action: \(call.action)",
            Self.line("input", step["input"] ?? [:]),
        ]
        if number > 1 { lines.append("attempt: \(number)") }
        if let timeout = settings.timeoutMilliseconds {
            lines.append("timeout: \(DurationText.text(timeout))")
        }
        for name in settings.secrets ?? [] {
            if lines.last?.hasPrefix("  ") != true { lines.append("secrets: # a run's own are not exported") }
            lines.append("  \(name): example")
        }
        lines.append(expectation)
        if let exit = attempt["exit"], !exit.isNull { lines.append(Self.line("exit", exit)) }
        return lines.joined(separator: "\n")
    }

    private var expectation: String {
        switch attempt["status"]?.stringValue.flatMap(AttemptStatus.init) {
        case .succeeded: Self.line("output", step["output"] ?? .null)
        case .snoozed: "status: snoozed"
        case .deferred: "status: deferred"
        default:
            Self.line(
                "error",
                [
                    "type": attempt["error"]?["type"] ?? .null,
                    "message": attempt["error"]?["message"] ?? .null,
                ]
            )
        }
    }

    /// JSON is YAML; the lines after the first are indented so that they belong to the key.
    private static func line(_ key: String, _ value: JSONValue) -> String {
        "\(key): \(value.pretty().replacing("\n", with: "\n  "))"
    }
}

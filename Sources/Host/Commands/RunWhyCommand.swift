import HTTP
import JSON

/// `pawl run why`: what a run waits for, step by step.
enum RunWhyCommand {
    static let command = Command(
        ["run", "why"],
        "Say why a run does not go on: what each of its steps waits for",
        operands: "RUN",
        count: 1...1,
        run: run
    )

    private static let columns = ["step", "reason", "text", "until", "holders"]

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        let run = try client.get("/v1/runs/\(PercentEncoding.encode(invocation.operands[0]))")
        let waits = run["waiting_for"]?.arrayValue ?? []
        guard waits.isEmpty, output.format == .table else {
            output.print(waits, name: "reason", columns: columns)
            return .ok
        }
        Output.line(sentence(of: run))
        return .ok
    }

    /// What there is to say of a run that waits for nothing.
    private static func sentence(of run: JSONValue) -> String {
        let status = run["status"]?.stringValue ?? ""
        if let error = run["error"]?["message"]?.stringValue { return "the run is \(status): \(error)" }
        return ["succeeded", "failed", "cancelled", "terminated"].contains(status)
            ? "the run is \(status)" : "the run is \(status) and waits for nothing"
    }
}

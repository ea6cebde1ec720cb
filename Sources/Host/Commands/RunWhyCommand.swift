import HTTP
import JSON
import Linux
import Wording

/// `pawl run why`: the diagnosis of a run, for people.
enum RunWhyCommand {
    static let command = Command(
        ["run", "why"],
        "Say why a run waits or failed, and what to do about it",
        operands: "RUN",
        count: 1...1,
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        let target = "/v1/runs/\(PercentEncoding.encode(invocation.operands[0]))/diagnosis"
        let diagnosis = try client.get(target)
        let findings = diagnosis["findings"]?.arrayValue ?? []
        switch output.format {
        case .json: Output.json(diagnosis.pretty())
        case .jsonl, .name: output.print(findings, name: "rule", columns: [])
        case .table where findings.isEmpty: Output.line(diagnosis["sentence"]?.stringValue ?? "")
        case .table: Output.line(findings.map(text).joined(separator: "\n\n"))
        }
        return .ok
    }

    /// The sentence, what to do with its command, and what was seen, a line each.
    private static func text(_ finding: JSONValue) -> String {
        let sentence = finding["sentence"]?.stringValue ?? ""
        let action = finding["action"]?["text"]?.stringValue ?? ""
        let command = finding["action"]?["command"]?.stringValue ?? ""
        var lines = [sentence.visible(), "  → \(action): \(command)".visible()]
        for (name, value) in finding["evidence"]?.objectValue ?? [:] {
            if name == "log", let log = value.arrayValue {
                lines += log.map { "  │ \(Output.text($0).oneLine(limit: 200))" }
            } else {
                lines.append("  \(name): \(Output.text(value).oneLine(limit: 500))")
            }
        }
        return lines.joined(separator: "\n")
    }
}

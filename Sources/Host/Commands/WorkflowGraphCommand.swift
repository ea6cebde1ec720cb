import HTTP
import JSON
import Linux
import Scheduler

/// `pawl workflow graph`: a workflow as a picture, for a browser, a wiki or the terminal.
enum WorkflowGraphCommand {
    static let command = Command(
        ["workflow", "graph"],
        "Draw a workflow, or a file, which needs no server",
        operands: "NAME|FILE",
        count: 1...1,
        options: [
            Option("format", value: "F", "svg, mermaid, ascii or json; default ascii"),
            Option("version", value: "N", "this version"),
        ],
        run: run
    )

    private static let formats: [String: @Sendable (WorkflowGraph) throws -> String] = [
        "svg": { GraphSVG.document($0) },
        "mermaid": { GraphMermaid.document($0) },
        "ascii": { GraphOutline.document($0) },
        "json": { try JSONValue(encoding: $0).serialized() + "\n" },
    ]

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let name = invocation.value("format") ?? "ascii"
        guard let format = formats[name] else {
            let known = formats.keys.sorted().joined(separator: ", ")
            throw CommandFailure.usage("--format is one of \(known), not “\(name)”")
        }
        StandardStream.output.write(try format(try graph(invocation)))
        return .ok
    }

    private static func graph(_ invocation: Invocation) throws -> WorkflowGraph {
        let operand = invocation.operands[0]
        if operand.contains("/") || operand.hasSuffix(".yaml") || operand.hasSuffix(".yml") {
            return WorkflowGraph(try WorkflowCommands.compile(operand).workflow)
        }
        var target = "/v1/workflows/\(PercentEncoding.encode(operand))/graph"
        if let version = invocation.value("version") {
            target += "?version=\(PercentEncoding.encode(version))"
        }
        return try APIClient(invocation).get(target).decode(WorkflowGraph.self)
    }
}

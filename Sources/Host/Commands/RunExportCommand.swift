import HTTP
import JSON
import Linux

/// `pawl run export`: everything about a run in one JSON document, or one attempt as a test of its plugin.
enum RunExportCommand {
    static let command = Command(
        ["run", "export"],
        "Write a run as one JSON document: its definition, steps, history and logs",
        operands: "RUN",
        count: 1...1,
        options: [
            Option("file", value: "FILE", "where to; stdout without"),
            Option("as-test", "write an attempt as a golden test for `pawl plugin test` instead"),
            Option("step", value: "PATH", "with --as-test: the step, as `pawl run show` lists it"),
            Option("attempt", value: "N", "with --as-test: which of its attempts; the last without"),
        ],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let client = try APIClient(invocation)
        let text = try text(invocation, client)
        guard let file = invocation.value("file") else {
            if invocation.has("as-test") { Output.line(text) } else { Output.json(text) }
            return .ok
        }
        do {
            try Files.writeAtomically(file, Array((text + "\n").utf8))
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        return .ok
    }

    private static func text(_ invocation: Invocation, _ client: APIClient) throws(CommandFailure) -> String {
        guard invocation.has("as-test") else {
            guard !invocation.has("step"), !invocation.has("attempt") else {
                throw .usage("--step and --attempt belong to --as-test")
            }
            return try document(of: invocation.operands[0], client).pretty()
        }
        guard let path = invocation.value("step") else {
            throw .usage("--as-test needs --step, a path as `pawl run show` lists it")
        }
        let number = try invocation.integer("attempt", in: 1...1_000_000)
        let run = try client.get("/v1/runs/\(PercentEncoding.encode(invocation.operands[0]))")
        let id = PercentEncoding.encode(run["id"]?.stringValue ?? "")
        let steps = try items(of: "/v1/runs/\(id)/steps?outputs=true", client)
        let source = try workflow(of: run, client)["source"]?.stringValue ?? ""
        return try AttemptTest(run: run, steps: steps, source: source, path: path, attempt: number).text
    }

    private static func document(of name: String, _ client: APIClient) throws(CommandFailure) -> JSONValue {
        let target = "/v1/runs/\(PercentEncoding.encode(name))"
        let run = try client.get(target)
        return [
            "format": .integer(RunDocument.format),
            "run": .object(JSONObject((run.objectValue ?? [:]).filter { $0.key != "imported" })),
            "workflow": try workflow(of: run, client),
            "steps": .array(try items(of: "\(target)/steps?outputs=true", client)),
            "history": .array(try items(of: "\(target)/history?", client)),
            "logs": .array(try items(of: "\(target)/logs?", client)),
            "artifacts": .array(try items(of: "\(target)/artifacts?", client)),
        ]
    }

    /// That of a run that was imported came with it.
    private static func workflow(of run: JSONValue, _ client: APIClient) throws(CommandFailure) -> JSONValue {
        if let workflow = run["imported"]?["workflow"] { return workflow }
        let name = PercentEncoding.encode(run["workflow"]?.stringValue ?? "")
        return try client.get("/v1/workflows/\(name)?version=\(run["version"]?.integerValue ?? 1)")
    }

    /// All elements of a list, page by page.
    private static func items(of target: String, _ client: APIClient) throws(CommandFailure) -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor = ""
        while true {
            let page = try client.get("\(target)&limit=500\(cursor)".replacing("?&", with: "?"))
            items += page["items"]?.arrayValue ?? []
            guard let next = page["cursor"]?.stringValue else { return items }
            cursor = "&cursor=\(PercentEncoding.encode(next))"
        }
    }
}

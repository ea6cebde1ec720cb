import HTTP
import JSON

/// `pawl run rerun`.
enum RunRerunCommand {
    static let command = Command(
        ["run", "rerun"],
        "Start a new run in place of one that has ended, from a step on if one is named",
        operands: "RUN",
        count: 1...1,
        options: [
            Option("from-step", value: "STEP", "keep all results but those of this step and what follows it"),
            Option(
                "input",
                value: "K=V|@FILE|-",
                "another input; key=value may be repeated",
                repeatable: true
            ),
            Option("version", value: "N", "a version other than the newest"),
            Option("reason", value: "TEXT", "why, for the history"),
            Option("idempotency-key", value: "KEY", "the same key again gives the first answer again"),
        ],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        let target = "/v1/runs/\(PercentEncoding.encode(invocation.operands[0]))"
        var body = JSONObject()
        body["from_step"] = invocation.value("from-step").map { .string($0) }
        let version = try invocation.integer("version", in: 1...Int(Int32.max))
        body["version"] = version.map { .integer(Int64($0)) }
        body["reason"] = invocation.value("reason").map { .string($0) }
        if invocation.has("input") {
            let workflow = try client.get(target)["workflow"]?.stringValue ?? ""
            let schema = try client.get("/v1/workflows/\(PercentEncoding.encode(workflow))")["input"]
            body["input"] = try InputArguments(invocation.all("input")).input(schema: schema)
        }
        let headers = invocation.value("idempotency-key").map { [(name: "Idempotency-Key", value: $0)] } ?? []
        let run = try client.post("\(target)/rerun", .object(body), headers: headers)
        output.print(run, name: "id", columns: ["id", "workflow", "version", "key", "status"])
        return .ok
    }
}

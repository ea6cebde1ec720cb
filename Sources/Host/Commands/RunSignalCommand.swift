import HTTP
import JSON

/// `pawl run signal`.
enum RunSignalCommand {
    static let command = Command(
        ["run", "signal"],
        "Send a run a signal that a step waits for, or will",
        operands: "RUN NAME",
        count: 2...2,
        options: [
            Option(
                "input",
                value: "K=V|@FILE|-",
                "the signal's payload; key=value may be repeated; null without",
                repeatable: true
            ),
            Option("idempotency-key", value: "KEY", "the same key again sends nothing again"),
        ],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        let payload =
            try invocation.has("input")
            ? InputArguments(invocation.all("input")).input(schema: nil) : JSONValue.null
        let headers = invocation.value("idempotency-key").map { [(name: "Idempotency-Key", value: $0)] } ?? []
        let (run, name) = (invocation.operands[0], invocation.operands[1])
        let answer = try client.post(
            "/v1/runs/\(PercentEncoding.encode(run))/signals/\(PercentEncoding.encode(name))",
            payload,
            headers: headers
        )
        output.print(answer, name: "id", columns: ["id", "signal"])
        return .ok
    }
}

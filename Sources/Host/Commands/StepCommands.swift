import HTTP
import JSON

/// The commands of `pawl step`: what an operator does to one step of a run.
enum StepCommands {
    static let all: [Command] = [
        action("now", "End a step's sleep, back-off or snooze"),
        action("fail", "End a step's running attempt as failed"),
    ]

    private static let reason = Option("reason", value: "TEXT", "why, for the history")

    private static func action(_ name: String, _ summary: String) -> Command {
        Command(
            ["step", name],
            summary,
            operands: "RUN PATH",
            count: 2...2,
            options: [reason],
            run: { invocation in
                var body = JSONObject()
                body["reason"] = invocation.value("reason").map { .string($0) }
                return try act(name, invocation, .object(body))
            }
        )
    }

    private static func act(_ name: String, _ invocation: Invocation, _ body: JSONValue) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        let run = PercentEncoding.encode(invocation.operands[0])
        let path = PercentEncoding.encode(invocation.operands[1])
        let answer = try client.post("/v1/runs/\(run)/steps/\(path)/\(name)", body)
        output.print(answer, name: "id", columns: RunCommands.columns)
        return .ok
    }
}

import HTTP
import JSON

/// The commands of `pawl step`: what an operator does to one step of a run.
enum StepCommands {
    static let all: [Command] = [
        action("now", "End a step's sleep, back-off or snooze"),
        action("fail", "End a step's running attempt as failed"),
        action(
            "resolve",
            "Count a step that waits for its next attempt as done",
            [Option("output", value: "JSON", "the step's output; null without")]
        ),
    ]

    private static let reason = Option("reason", value: "TEXT", "why, for the history")

    private static func action(_ name: String, _ summary: String, _ more: [Option] = []) -> Command {
        Command(
            ["step", name],
            summary,
            operands: "RUN PATH",
            count: 2...2,
            options: more + [reason],
            run: { invocation in
                var body = JSONObject()
                body["reason"] = invocation.value("reason").map { .string($0) }
                if let text = invocation.value("output") {
                    guard let output = try? JSONValue.parse(text) else {
                        throw CommandFailure.usage("--output takes JSON, not “\(text)”")
                    }
                    body["output"] = output
                }
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

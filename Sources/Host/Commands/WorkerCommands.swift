import HTTP
import JSON

/// The commands about workers; `pawl worker` itself is one.
enum WorkerCommands {
    static let all: [Command] = [
        Command(["worker", "list"], "List workers: where they are, and what they do", run: list),
        Command(
            ["worker", "drain"],
            "Let a worker claim nothing more, and finish or hand back what it runs",
            operands: "WORKER",
            count: 1...1,
            run: drain
        ),
    ]

    private static let columns = [
        "id", "alive", "draining", "running", "about.slots", "about.queues", "about.host", "about.release",
        "registered_at",
    ]

    private static func list(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let page = try APIClient(invocation).get("/v1/workers")
        output.print(page["items"]?.arrayValue ?? [], name: "id", columns: columns)
        return .ok
    }

    private static func drain(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let worker = PercentEncoding.encode(invocation.operands[0])
        let answer = try APIClient(invocation).post("/v1/workers/\(worker)/drain", .object([:]))
        output.print(answer, name: "id", columns: columns)
        return .ok
    }
}

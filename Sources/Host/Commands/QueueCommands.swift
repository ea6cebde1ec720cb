import HTTP
import JSON
import Scheduler

/// The commands of `pawl queue`.
enum QueueCommands {
    static let all: [Command] = [
        Command(["queue", "list"], "List queues: what waits in them, what is said of them", run: list),
        Command(
            ["queue", "set"],
            "Say how much of the workers a queue gets; what is left out is as if never said",
            operands: "NAME",
            count: 1...1,
            options: [
                Option("weight", value: "N", "its share of slots beside other queues, 1 to 1000; default 1"),
                Option("concurrency", value: "N", "attempts that run at once, in all workers"),
                Option("rate", value: "N/TIME", "attempts that start in a time: 10/1s"),
            ],
            run: set
        ),
        action("pause", "Claim nothing more of a queue"),
        action("resume", "Claim from a queue again"),
    ]

    private static let columns = [
        "name", "depth", "running", "oldest_age_ms", "paused", "weight", "concurrency", "workers",
    ]

    private static func action(_ name: String, _ summary: String) -> Command {
        Command(["queue", name], summary, operands: "NAME", count: 1...1) { invocation in
            let output = try Output(invocation)
            let queue = PercentEncoding.encode(invocation.operands[0])
            let answer = try APIClient(invocation).post("/v1/queues/\(queue)/\(name)", .object([:]))
            output.print(answer, name: "name", columns: columns)
            return .ok
        }
    }

    private static func list(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let page = try APIClient(invocation).get("/v1/queues")
        output.print(page["items"]?.arrayValue ?? [], name: "name", columns: columns)
        return .ok
    }

    private static func set(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        var body = JSONObject()
        body["weight"] = try invocation.integer("weight", in: QueueSettings.weights).map {
            .integer(Int64($0))
        }
        body["concurrency"] = try invocation.integer("concurrency", in: QueueSettings.limits).map {
            .integer(Int64($0))
        }
        body["rate"] = try invocation.value("rate").map(rate)
        let queue = PercentEncoding.encode(invocation.operands[0])
        let answer = try APIClient(invocation).send(
            "PUT",
            "/v1/queues/\(queue)",
            type: "application/json",
            body: JSONValue.object(body).bytes()
        )
        output.print(answer, name: "name", columns: columns)
        return .ok
    }

    private static func rate(_ text: String) throws(CommandFailure) -> JSONValue {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, let limit = Int(parts[0]) else {
            throw .usage("--rate takes a number and a time such as 10/1s, not “\(text)”")
        }
        return ["limit": .integer(Int64(limit)), "per": .string(parts[1])]
    }
}

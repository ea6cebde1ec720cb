import HTTP
import JSON
import Scheduler

/// The commands of `pawl token`.
enum TokenCommands {
    static let all: [Command] = [
        Command(
            ["token", "create"],
            "Make an API key; it is shown this once",
            operands: "NAME",
            count: 1...1,
            options: [Option("role", value: "ROLE", "viewer, operator or admin; default viewer")],
            run: create
        ),
        Command(["token", "list"], "List the API keys", run: list),
        Command(["token", "revoke"], "End an API key", operands: "NAME", count: 1...1, run: revoke),
    ]

    private static func create(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let role = invocation.value("role") ?? Role.viewer.rawValue
        let body: JSONValue = ["name": .string(invocation.operands[0]), "role": .string(role)]
        let answer = try APIClient(invocation).post("/v1/tokens", body)
        output.print(answer, name: "token", columns: ["name", "role", "token"])
        return .ok
    }

    private static func list(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let page = try APIClient(invocation).get("/v1/tokens")
        output.print(
            page["items"]?.arrayValue ?? [],
            name: "name",
            columns: ["name", "role", "created_at", "created_by"]
        )
        return .ok
    }

    private static func revoke(_ invocation: Invocation) throws -> ExitCode {
        let name = PercentEncoding.encode(invocation.operands[0])
        _ = try APIClient(invocation).send("DELETE", "/v1/tokens/\(name)")
        return .ok
    }
}

import HTTP
import JSON

/// The commands of `pawl schedule`.
enum ScheduleCommands {
    static let all: [Command] = [
        ScheduleApplyCommand.command,
        Command(["schedule", "list"], "List schedules", run: list),
        Command(
            ["schedule", "show"],
            "Show a schedule and what became of its last instants",
            operands: "NAME",
            count: 1...1,
            options: [Option("limit", value: "N", "so many instants; 10 unless told")],
            run: show
        ),
        ScheduleNextCommand.command,
        action("pause", "Leave its instants out until it is resumed"),
        action("resume", "Go on with a paused schedule"),
        Command(
            ["schedule", "trigger"],
            "Begin a run of a schedule now, whatever pause and overlap say",
            operands: "NAME",
            count: 1...1,
            options: [reason],
            run: trigger
        ),
        Command(
            ["schedule", "backfill"],
            "Begin runs for past instants that have none",
            operands: "NAME",
            count: 1...1,
            options: [
                Option("since", value: "TIME", "instants from this RFC 3339 time"),
                Option("until", value: "TIME", "instants before this one"), reason,
            ],
            run: backfill
        ),
        Command(
            ["schedule", "delete"],
            "Delete a schedule; its runs go on",
            operands: "NAME",
            count: 1...1,
            run: delete
        ),
    ]

    private static let reason = Option("reason", value: "TEXT", "why, for the history")
    static let columns = [
        "name", "workflow", "cron", "every", "zone", "overlap", "catch_up", "jitter", "paused", "next_at",
    ]

    /// The path of a schedule, of which the last part may be left out.
    static func target(_ name: String, _ part: String = "") -> String {
        "/v1/schedules/\(PercentEncoding.encode(name))\(part)"
    }

    private static func action(_ name: String, _ summary: String) -> Command {
        Command(["schedule", name], summary, operands: "NAME", count: 1...1, options: [reason]) {
            invocation in
            let output = try Output(invocation)
            let target = target(invocation.operands[0], "/\(name)")
            output.print(
                try APIClient(invocation).post(target, .object(body(invocation))),
                name: "name",
                columns: columns
            )
            return .ok
        }
    }

    private static func list(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let page = try APIClient(invocation).get("/v1/schedules?limit=500")
        output.print(
            page["items"]?.arrayValue ?? [],
            name: "name",
            columns: ["name", "workflow", "cron", "every", "zone", "overlap", "paused", "next_at"]
        )
        return .ok
    }

    private static func show(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        let name = invocation.operands[0]
        let limit = try invocation.integer("limit", in: 1...500) ?? 10
        let schedule = try client.get(target(name))
        let fires = try client.get(target(name, "/fires?limit=\(limit)"))["items"] ?? []
        guard output.format == .table else {
            var object = schedule.objectValue ?? [:]
            object["fires"] = fires
            output.print(.object(object), name: "name", columns: [])
            return .ok
        }
        output.print(schedule, name: "name", columns: columns)
        Output.line("")
        output.print(fires.arrayValue ?? [], name: "at", columns: ["at", "status", "run", "detail"])
        return .ok
    }

    private static func body(_ invocation: Invocation) -> JSONObject {
        var body: JSONObject = [:]
        body["reason"] = invocation.value("reason").map { .string($0) }
        return body
    }

    private static func trigger(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let target = target(invocation.operands[0], "/trigger")
        let run = try APIClient(invocation).post(target, .object(body(invocation)))
        output.print(run, name: "id", columns: ["id", "workflow", "version", "schedule", "status"])
        return .ok
    }

    private static func backfill(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        var body = body(invocation)
        for name in ["since", "until"] {
            guard let time = invocation.value(name) else {
                throw CommandFailure.usage("give --since and --until, as RFC 3339 times")
            }
            body[name] = .string(time)
        }
        let target = target(invocation.operands[0], "/backfill")
        let answer = try APIClient(invocation).post(target, .object(body))
        output.print(answer, name: "queued", columns: ["instants", "queued"])
        return .ok
    }

    private static func delete(_ invocation: Invocation) throws -> ExitCode {
        let name = invocation.operands[0]
        _ = try APIClient(invocation).send("DELETE", target(name))
        Output.line("schedule “\(name)” is deleted")
        return .ok
    }
}

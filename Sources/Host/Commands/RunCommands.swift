import HTTP
import JSON
import Linux
import Scheduler

/// The commands of `pawl run`.
enum RunCommands {
    static let all: [Command] = [
        Command(
            ["run", "start"],
            "Start a run of a workflow, or of a file, which is applied first",
            operands: "FILE|WORKFLOW",
            count: 1...1,
            options: [
                Option(
                    "input",
                    value: "K=V|@FILE|-",
                    "the input; key=value may be repeated",
                    repeatable: true
                ),
                Option("key", value: "KEY", "your own key, unique among live runs of the workflow"),
                Option("label", value: "K=V", "a label; may be repeated", repeatable: true),
                Option("priority", value: "N", "-100 to 100"),
                Option("delay", value: "DURATION", "start so much later"),
                Option("start-at", value: "TIME", "start at an RFC 3339 time"),
                Option("version", value: "N", "a version other than the newest"),
                Option("idempotency-key", value: "KEY", "the same key again gives the first answer again"),
                Option("follow", short: "f", "print each step as it happens, and wait for the end"),
            ],
            run: start
        ),
        Command(
            ["run", "list"],
            "List runs, newest first",
            options: [
                Option("workflow", value: "NAME", "of this workflow"),
                Option("status", value: "S,S", "with these statuses"),
                Option("key", value: "KEY", "with this key"),
                Option("schedule", value: "NAME", "of this schedule"),
                Option("label", value: "K=V", "with this label", repeatable: true),
                Option("error-type", value: "TYPE", "that failed with this type"),
                Option("parent", value: "RUN", "started by this run"),
                Option("reason", value: "R", "in which something waits for this, as `run why` says it"),
                Option("compensation", value: "S", "none, running, completed or failed"),
                Option("since", value: "TIME", "created since"),
                Option("until", value: "TIME", "created until"),
                Option("imported", "those that were imported, whatever else is said"),
                Option("limit", value: "N", "at most so many; default 50"),
            ],
            run: list
        ),
        Command(["run", "show"], "Show a run and its steps", operands: "RUN", count: 1...1, run: show),
        Command(
            ["run", "watch"],
            "Follow a run to its end, on a terminal as a live tree",
            operands: "RUN",
            count: 1...1,
            run: watch
        ),
        Command(
            ["run", "logs"],
            "Print what a run's steps logged",
            operands: "RUN",
            count: 1...1,
            options: [
                Option("follow", short: "f", "print lines as they come, until the run has ended"),
                Option("step", value: "PATH", "of this step"),
                Option("attempt", value: "N", "of this attempt"),
            ],
            run: logs
        ),
        Command(["run", "history"], "Print a run's history", operands: "RUN", count: 1...1, run: history),
        action(
            "pause",
            "Start nothing new of a run",
            flag: Option("freeze", "stop what runs of it, and its clocks, until it is resumed")
        ),
        action("resume", "Let a paused run go on"),
        action("cancel", "Stop a run, and undo what it did"),
        action("terminate", "Stop a run at once; nothing is undone"),
        action("retry", "Let a run that failed or was cancelled go on where it stands"),
    ]

    /// `flag`, if there is one, is said in the body by its own name.
    private static func action(_ name: String, _ summary: String, flag: Option? = nil) -> Command {
        Command(
            ["run", name],
            summary,
            operands: "RUN",
            count: 1...1,
            options: [Option("reason", value: "TEXT", "why, for the history")] + (flag.map { [$0] } ?? []),
            run: { invocation in
                let output = try Output(invocation)
                let client = try APIClient(invocation)
                var body = JSONObject()
                body["reason"] = invocation.value("reason").map { .string($0) }
                if let flag, invocation.has(flag.name) { body[flag.name] = true }
                let run = try client.post(
                    "/v1/runs/\(PercentEncoding.encode(invocation.operands[0]))/\(name)",
                    .object(body)
                )
                output.print(run, name: "id", columns: columns)
                return .ok
            }
        )
    }

    static let columns = [
        "id", "workflow", "version", "key", "status", "compensation", "times.created_at", "times.ended_at",
    ]
    private static let details = columns + ["input", "output", "error", "step_counts", "waiting_for"]

    private static func start(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        let input = try InputArguments(invocation.all("input"))
        var body = try request(invocation)
        let (workflow, schema) = try workflow(invocation.operands[0], client)
        body["workflow"] = .string(workflow)
        body["input"] = input.input(schema: schema)
        let headers = invocation.value("idempotency-key").map { [(name: "Idempotency-Key", value: $0)] } ?? []
        let run = try client.post("/v1/runs", .object(body), headers: headers)
        let id = run["id"]?.stringValue ?? ""
        guard invocation.has("follow") else {
            output.print(run, name: "id", columns: ["id", "workflow", "version", "key", "status"])
            return .ok
        }
        return try follow(id, client, output)
    }

    /// What of the request the options say, all but the workflow and its input.
    private static func request(_ invocation: Invocation) throws(CommandFailure) -> JSONObject {
        var body = JSONObject()
        body["key"] = invocation.value("key").map { .string($0) }
        let labels = try labels(invocation)
        if !labels.isEmpty { body["labels"] = .object(labels) }
        body["priority"] = try invocation.integer("priority", in: -100...100).map { .integer(Int64($0)) }
        body["version"] = try invocation.integer("version", in: 1...Int(Int32.max)).map {
            .integer(Int64($0))
        }
        body["delay"] = invocation.value("delay").map { .string($0) }
        body["start_at"] = invocation.value("start-at").map { .string($0) }
        return body
    }

    /// A file is applied first; its name is in it.
    private static func workflow(_ operand: String, _ client: APIClient) throws -> (
        name: String, schema: JSONValue?
    ) {
        guard
            operand.hasSuffix(".yaml") || operand.hasSuffix(".yml") || operand.hasSuffix(".json")
                || operand.contains("/")
        else {
            let found = try client.get("/v1/workflows/\(PercentEncoding.encode(operand))")
            return (operand, found["input"])
        }
        let applied = try WorkflowCommands.apply(file: operand, client)
        return (applied.name, applied.schema)
    }

    private static func labels(_ invocation: Invocation) throws(CommandFailure) -> JSONObject {
        var labels = JSONObject()
        for text in invocation.all("label") {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init
            )
            guard parts.count == 2, !parts[0].isEmpty else {
                throw .usage("--label takes key=value, not “\(text)”")
            }
            labels[parts[0]] = .string(parts[1])
        }
        return labels
    }

    /// Follows to the end; Ctrl-C leaves the run alone and says how to come back.
    private static func follow(_ run: String, _ client: APIClient, _ output: Output) throws(CommandFailure)
        -> ExitCode
    {
        Interruption.say("\nthe run goes on; come back with: pawl run watch \(run)\n")
        var follower = RunFollower(client, run: run)
        return conclude(try follower.follow(), output)
    }

    private static func conclude(_ ended: JSONValue, _ output: Output) -> ExitCode {
        output.print(ended, name: "id", columns: details)
        switch ended["status"]?.stringValue {
        case "succeeded": return .ok
        case "cancelled", "terminated": return .cancelled
        default: return .failed
        }
    }

    private static func watch(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        let run = try client.get("/v1/runs/\(PercentEncoding.encode(invocation.operands[0]))")
        let id = run["id"]?.stringValue ?? ""
        guard StandardStream.error.isDrawable else { return try follow(id, client, output) }
        Interruption.say("\nthe run goes on; come back with: pawl run watch \(id)\n")
        var watcher = RunWatcher(invocation, run: id)
        return conclude(try watcher.watch(), output)
    }

    private static func list(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        var query: [String] = ["limit=\(try invocation.integer("limit", in: 1...500) ?? 50)"]
        if invocation.has("imported") { query.append("imported=true") }
        for (option, name) in [
            ("workflow", "workflow"), ("status", "status"), ("key", "key"), ("parent", "parent"),
            ("schedule", "schedule"), ("error-type", "error_type"), ("reason", "reason"),
            ("compensation", "compensation"), ("since", "since"), ("until", "until"),
        ] {
            if let value = invocation.value(option) {
                query.append("\(name)=\(PercentEncoding.encode(value))")
            }
        }
        for (key, value) in try labels(invocation) {
            query.append(
                "label.\(PercentEncoding.encode(key))=\(PercentEncoding.encode(value.stringValue ?? ""))"
            )
        }
        let page = try APIClient(invocation).get("/v1/runs?\(query.joined(separator: "&"))")
        let shown = [
            "id", "workflow", "version", "key", "status", "compensation", "error_type", "times.created_at",
        ]
        output.print(page["items"]?.arrayValue ?? [], name: "id", columns: shown)
        return .ok
    }

    private static func show(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        let target = "/v1/runs/\(PercentEncoding.encode(invocation.operands[0]))"
        let run = try client.get(target)
        output.print(run, name: "id", columns: details)
        guard output.format == .table else { return .ok }
        let steps = try client.get("\(target)/steps?limit=500")
        Output.line("")
        output.print(
            steps["items"]?.arrayValue ?? [],
            name: "path",
            columns: ["path", "status", "started_at", "ended_at", "error.message"]
        )
        return .ok
    }

    private static func logs(_ invocation: Invocation) throws -> ExitCode {
        let output = LogOutput(try Output(invocation))
        let client = try APIClient(invocation)
        var filter = ""
        if let step = invocation.value("step") { filter += "&step=\(PercentEncoding.encode(step))" }
        if let attempt = invocation.value("attempt") {
            filter += "&attempt=\(PercentEncoding.encode(attempt))"
        }
        let target = "/v1/runs/\(PercentEncoding.encode(invocation.operands[0]))/logs"
        if invocation.has("follow") {
            let run = PercentEncoding.encode(invocation.operands[0])
            try LogFollower(client, run: run, filter: filter).follow(output.print)
        } else {
            try eachPage(client, target, filter, output.print)
        }
        return .ok
    }

    private static func history(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        try eachPage(client, "/v1/runs/\(PercentEncoding.encode(invocation.operands[0]))/history", "") {
            items in
            output.print(items, name: "seq", columns: ["seq", "at", "type", "path", "data"])
        }
        return .ok
    }

    private static func eachPage(
        _ client: APIClient,
        _ target: String,
        _ filter: String,
        _ show: ([JSONValue]) -> Void
    ) throws(CommandFailure) {
        var cursor: String? = "0"
        while let after = cursor {
            let page = try client.get("\(target)?after=\(after)&limit=500\(filter)")
            show(page["items"]?.arrayValue ?? [])
            cursor = page["cursor"]?.stringValue
        }
    }
}

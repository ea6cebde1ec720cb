import HTTP
import JSON
import Linux
import Scheduler

/// The commands of `pawl batch`.
enum BatchCommands {
    static let all: [Command] =
        BatchAction.allCases.map(command)
        + [
            Command(["batch", "list"], "List batches, newest first", run: list),
            Command(
                ["batch", "show"],
                "Show how far a batch is, and which runs were in no state for it",
                operands: "BATCH",
                count: 1...1,
                run: show
            ),
        ]

    private static let summaries: [BatchAction: String] = [
        .pause: "Pause all runs that match", .resume: "Let all paused runs that match go on",
        .cancel: "Cancel all live runs that match", .retry: "Let all that failed or were cancelled go on",
        .terminate: "Terminate all live runs that match",
    ]

    private static let columns = [
        "id", "status", "action", "total", "done", "failed", "filter", "created_at",
    ]

    private static func command(_ action: BatchAction) -> Command {
        Command(
            ["batch", action.rawValue],
            summaries[action] ?? "",
            options: [
                Option(
                    "filter",
                    value: "NAME=VALUE",
                    "a condition of `run list`: workflow=w, status=a,b, label.K=V …; may be repeated",
                    repeatable: true
                ),
                Option("dry-run", "print the runs, and do nothing"),
                Option("reason", value: "TEXT", "why, for the history of each run"),
                Option("follow", short: "f", "wait until all is done"),
            ],
            run: { try begin(action, $0) }
        )
    }

    private static func begin(_ action: BatchAction, _ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        let filter = try BatchFilter(invocation.all("filter")).object
        var body: JSONObject = ["filter": .object(filter), "action": .string(action.rawValue)]
        body["reason"] = invocation.value("reason").map { .string($0) }
        if invocation.has("dry-run") { return try preview(body, output, client) }
        let batch = try client.post("/v1/batches", .object(body))
        guard invocation.has("follow") else {
            output.print(batch, name: "id", columns: columns)
            return .ok
        }
        return try follow(batch, output, client)
    }

    private static func preview(
        _ body: JSONObject,
        _ output: Output,
        _ client: APIClient
    ) throws -> ExitCode {
        var body = body
        body["dry_run"] = true
        let answer = try client.post("/v1/batches", .object(body))
        let runs = answer["runs"]?.arrayValue ?? []
        output.print(
            runs,
            name: "id",
            columns: ["id", "workflow", "version", "key", "status", "times.created_at"]
        )
        let total = answer["total"]?.integerValue ?? 0
        let shown = total > runs.count ? ", the newest \(runs.count) of them shown" : ""
        Output.tell("\(total) runs match\(shown); nothing was done")
        return .ok
    }

    /// Ends with 1 when a run was in no state for the action.
    private static func follow(
        _ batch: JSONValue,
        _ output: Output,
        _ client: APIClient
    ) throws -> ExitCode {
        let id = batch["id"]?.stringValue ?? ""
        Interruption.say("\nthe batch goes on; come back with: pawl batch show \(id)\n")
        let clock = Waker()
        var batch = batch
        while batch["ended_at"]?.isNull ?? true {
            if StandardStream.error.isTerminal {
                let over = (batch["done"]?.integerValue ?? 0) + (batch["failed"]?.integerValue ?? 0)
                StandardStream.error.write("\r\(over) of \(batch["total"]?.integerValue ?? 0)")
            }
            clock.wait(until: .now + .milliseconds(200))
            batch = try client.get("/v1/batches/\(id)")
        }
        if StandardStream.error.isTerminal { StandardStream.error.write("\n") }
        batch = try client.get("/v1/batches/\(id)")
        show(batch, output)
        return batch["failed"]?.integerValue == 0 ? .ok : .failed
    }

    private static func list(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let page = try APIClient(invocation).get("/v1/batches")
        output.print(page["items"]?.arrayValue ?? [], name: "id", columns: columns)
        return .ok
    }

    private static func show(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let id = PercentEncoding.encode(invocation.operands[0])
        show(try APIClient(invocation).get("/v1/batches/\(id)"), output)
        return .ok
    }

    private static func show(_ batch: JSONValue, _ output: Output) {
        output.print(batch, name: "id", columns: columns + ["reason", "started_by", "ended_at"])
        let failures = batch["failures"]?.arrayValue ?? []
        guard output.format == .table, !failures.isEmpty else { return }
        Output.line("")
        output.print(failures, name: "run", columns: ["run", "reason"])
    }
}

/// The conditions of `--filter`: `NAME=VALUE`, of which one text may have several, apart by spaces, `&` or
/// commas.
struct BatchFilter {
    private(set) var object = JSONObject()

    init(_ texts: [String]) throws(CommandFailure) {
        guard !texts.isEmpty else {
            throw .usage("--filter is missing: give one condition at least, such as --filter workflow=NAME")
        }
        for text in texts {
            guard text.prefixMatch(of: /[^=,&\s]+=/) != nil else {
                throw .usage("--filter takes NAME=VALUE, such as status=failed, not “\(text)”")
            }
            for condition in Self.conditions(in: text) {
                let parts = condition.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                object[String(parts[0])] = .string(String(parts[1]))
            }
        }
    }

    /// A comma or a space within a value begins no condition.
    private static func conditions(in text: String) -> [Substring] {
        var conditions: [Substring] = []
        var start = text.startIndex
        for separator in text.matches(of: /[,&\s]+(?=[a-z_]+(\.[^=,&\s]*)?=)/).map(\.range) {
            conditions.append(text[start..<separator.lowerBound])
            start = separator.upperBound
        }
        return conditions + [text[start...]]
    }
}

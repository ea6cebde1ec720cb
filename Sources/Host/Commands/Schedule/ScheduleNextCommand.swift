import Cron
import HTTP
import JSON
import Linux
import Wording

/// `pawl schedule next`: tells when a schedule fires, or, without a server, a cron expression.
enum ScheduleNextCommand {
    static let command = Command(
        ["schedule", "next"],
        "Tell when a schedule fires, or, without a server, a cron expression",
        operands: "[NAME]",
        count: 0...1,
        options: [
            Option("cron", value: "EXPR", "the expression: 5 fields, 6 with seconds first, or @daily"),
            Option("zone", value: "ZONE", "the time zone, such as Europe/Riga; UTC unless told"),
            Option("from", value: "TIME", "after this RFC 3339 time; now unless told"),
            Option("count", short: "n", value: "N", "so many fires; 5 unless told"),
        ],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        if let name = invocation.operands.first { return try tell(name, invocation) }
        guard let text = invocation.value("cron") else {
            throw CommandFailure.usage(
                "give the name of a schedule, or --cron EXPR, such as --cron '30 2 * * MON-FRI'"
            )
        }
        let expression: CronExpression
        do throws(CronError) {
            expression = try CronExpression(text)
        } catch {
            throw CommandFailure.usage("no cron expression: \(error)")
        }
        let zone = try zone(invocation.value("zone") ?? "UTC")
        var time = try start(invocation.value("from"), in: zone)
        for index in 0..<(try invocation.integer("count", in: 1...10_000) ?? 5) {
            guard let next = expression.next(after: time, in: zone) else {
                if index == 0 { throw CommandFailure(.failed, "“\(text)” does not fire within 50 years") }
                break
            }
            Output.line(zone.rfc3339(next))
            time = next
        }
        return .ok
    }

    /// Asks the server about one of its schedules.
    private static func tell(_ name: String, _ invocation: Invocation) throws -> ExitCode {
        guard !invocation.has("cron"), !invocation.has("zone") else {
            throw CommandFailure.usage("give the name of a schedule, or --cron and --zone, not both")
        }
        let output = try Output(invocation)
        var query = "/next?limit=\(try invocation.integer("count", in: 1...500) ?? 5)"
        if let from = invocation.value("from") { query += "&from=\(PercentEncoding.encode(from))" }
        let items = try APIClient(invocation).get(ScheduleCommands.target(name, query))["items"]
        output.print(items?.arrayValue ?? [], name: "local", columns: ["local"])
        return .ok
    }

    private static func zone(_ name: String) throws(CommandFailure) -> Zone {
        let files = ZoneFiles()
        do throws(ZoneFiles.Failure) {
            return try files.zone(name)
        } catch {
            throw .usage("\(error)", hint: NearestName.hint(for: name, among: files.names()))
        }
    }

    private static func start(_ text: String?, in zone: Zone) throws(CommandFailure) -> Timestamp {
        guard let text else { return .now }
        guard let time = zone.timestamp(text) else {
            throw .usage("--from takes an RFC 3339 time such as 2026-01-31T09:00:00Z, not “\(text)”")
        }
        return time
    }
}

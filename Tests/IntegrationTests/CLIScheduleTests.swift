import JSON
import Linux
import TestSupport
import Testing

@Suite("pawl schedule")
struct CLIScheduleTests {
    /// The blocks of a document that are marked as shell, each with the block that follows it.
    private static func shown(in path: String) throws -> [(commands: [String], output: String)] {
        let text = String(decoding: try Files.read("\(TestPrograms.repository)/\(path)"), as: UTF8.self)
        let blocks = text.split(separator: "```", omittingEmptySubsequences: false)
        return blocks.indices.compactMap { index in
            guard index % 2 == 1, blocks[index].hasPrefix("sh\n"), index + 2 < blocks.count else {
                return nil
            }
            let commands = blocks[index].split(separator: "\n").dropFirst().map(String.init)
            return (commands, String(blocks[index + 2].dropFirst()))
        }
    }

    @Test("what docs/schedules.md shows of cron expressions and clock changes is so")
    func document() async throws {
        try await onOwnThread {
            var count = 0
            for (commands, output) in try Self.shown(in: "docs/schedules.md")
            where commands.allSatisfy({ $0.contains("--cron") }) {
                var said = ""
                for command in commands {
                    count += 1
                    let parts = command.split(separator: "'", omittingEmptySubsequences: false)
                    let words =
                        parts[0].split(separator: " ").dropFirst() + [parts[1]]
                        + parts[2].split(separator: " ")
                    let result = try PawlProcess.run(words.map(String.init))
                    #expect(result.exit == 0, "\(result.errors)")
                    said += result.output
                }
                #expect(said == output)
            }
            #expect(count == 4)
        }
    }

    @Test(
        "a wrong expression, zone or time is a usage error that says what is wrong",
        arguments: [
            (["--cron", "* * 32 * *"], "day-of-month"), (["--cron", "* * * *"], "4 fields"),
            (["--cron", "* * * * *", "--zone", "Europe/Rigga"], "Europe/Riga"),
            (["--cron", "* * * * *", "--from", "yesterday"], "RFC 3339"), ([], "--cron"),
            (["--cron", "* * * * *", "-n", "0"], "whole number"),
        ]
    )
    func usage(arguments: [String], text: String) async throws {
        try await onOwnThread {
            let result = try PawlProcess.run(["schedule", "next"] + arguments)
            #expect(result.exit == 2 && result.output.isEmpty)
            #expect(result.errors.contains(text), "\(result.errors)")
        }
    }

    @Test("the example's schedule is applied, told of, triggered and deleted")
    func example() async throws {
        try await APIFixture.serve { api in
            func pawl(_ words: String) throws -> CommandResult {
                try PawlProcess.run(
                    words.split(separator: " ").map(String.init),
                    environment: ["PAWL_SERVER": api.address],
                    directory: TestPrograms.repository
                )
            }
            let folder = "examples/nightly-report"
            #expect(try pawl("workflow apply \(folder)/workflow.yaml").exit == 0)
            let applied = try pawl("schedule apply \(folder)/schedule.yaml")
            #expect(applied.output.contains("cron\t30 2 * * MON-FRI"), "\(applied.errors)")
            let next = try pawl("schedule next nightly-report -n 1 --from 2026-03-27T12:00:00Z")
            #expect(next.output == "2026-03-30T02:30:00+03:00\n", "\(next.errors)")
            #expect(try pawl("schedule list -o name").output.contains("nightly-report\n"))
            let triggered = try pawl("schedule trigger nightly-report --reason lost -o name")
            let run = try api.end(of: String(triggered.output.dropLast()))
            #expect(run["output"]?["report"]?.stringValue?.hasPrefix("report of north") == true, "\(run)")
            let listed = try pawl("run list --schedule nightly-report -o name")
            #expect(listed.output == triggered.output)
            let filled = try pawl(
                "schedule backfill nightly-report --since 2026-01-01T00:00:00Z --until 2026-01-01T00:00:01Z"
            )
            #expect(filled.output == "instants\t0\nqueued\t0\n", "\(filled.errors)")
            #expect(try pawl("schedule delete nightly-report").exit == 0)
            #expect(try pawl("schedule show nightly-report").exit == 3)
        }
    }
}

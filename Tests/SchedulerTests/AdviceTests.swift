import Linux
import TestSupport
import Testing

@testable import Scheduler

/// What the rules advise is tried with the built `pawl`, where no server is: it may miss one, but must not
/// find the command, an option or an operand wrong.
@Suite("Advice of the diagnosis can be followed")
struct AdviceTests {
    private static let findings = DiagnosisCase.all.flatMap { $0.facts.diagnosis.findings }

    /// The commands as a person would type them, `N` and `TIME` filled in.
    private static let commands = Set(findings.map(\.next.command)).sorted().map {
        $0.replacing("N/TIME", with: "1/1m").replacing(" N", with: " 1")
    }

    /// Commands that a sentence names by the way.
    private static let named = Set(
        findings.flatMap { finding in
            "\(finding.sentence) \(finding.next.text)".matches(of: /`pawl ([^`]+)`/).map { String($0.1) }
        }
    )

    @Test("each command, with its options, is one that pawl takes", arguments: commands)
    func takes(line: String) async throws {
        #expect(line.hasPrefix("pawl "))
        let result = try await Self.run("exec \"$0\"\(line.dropFirst("pawl".count))")
        #expect([0, 1, 6, 78].contains(result.exit), "\(line): \(result.errors)")
    }

    @Test("each command that a sentence names is in pawl help", arguments: named.sorted())
    func exists(command: String) async throws {
        let result = try await Self.run("exec \"$0\" \(command) --help")
        #expect(result.exit == 0 && result.output.contains("pawl \(command)"), "\(result.errors)")
    }

    @Test("there is advice of many kinds")
    func many() {
        #expect(Self.commands.count > 15, "\(Self.commands)")
        #expect(!Self.named.isEmpty)
    }

    /// A line of shell in which `$0` is pawl.
    private static func run(_ script: String) async throws -> (exit: Int32, output: String, errors: String) {
        try await onOwnThread {
            let process = try PawlProcess(
                [],
                environment: ["PAWL_SERVER": "http://127.0.0.1:1"],
                wrapper: ["sh", "-c", script]
            )
            guard case .exited(let code) = try process.exit() else {
                throw NeverHappened(description: script)
            }
            let output = process.output.readToEnd(within: PawlProcess.patience) ?? ""
            return (code, output, process.errors.readToEnd(within: PawlProcess.patience) ?? "")
        }
    }
}

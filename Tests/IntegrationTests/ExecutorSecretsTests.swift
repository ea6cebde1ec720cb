import Executors
import JSON
import Linux
import Scheduler
import TestSupport
import Testing

@Suite("Secrets come from a command, too")
struct ExecutorSecretsTests {
    /// An executor whose secrets come from a script, to which `$1` is the name, and what counts its calls.
    private static func asking(_ script: String) throws -> (executor: PluginExecutor, calls: String) {
        let folder = try TestServers.folder()
        let calls = "\(folder)/calls"
        let text = "#!/bin/sh\necho called >> \(calls)\n\(script)\n"
        try Files.write("\(folder)/ask", Array(text.utf8), mode: 0o755)
        let environment = ["PATH": "/usr/bin:/bin", "VAULT": "open"]
        let command = try #require(SecretsCommand("\(folder)/ask --quietly", environment: environment))
        let executor = PluginExecutor(
            sandbox: ExecutorFixture.sandbox,
            registry: PluginRegistry(folders: []),
            secrets: WorkerSecrets(folder: nil, command: command)
        )
        return (executor, calls)
    }

    private static func read(_ name: String, by executor: PluginExecutor) async -> ExecutorFixture.Told {
        let script = Script(
            shell: ["sh", "-e"],
            source: "cat $CREDENTIALS_DIRECTORY/\(name)",
            capture: .text
        )
        return await ExecutorFixture.run(.script(script), by: executor) { $0.settings.secrets = [name] }
    }

    @Test("its value is what the command prints, and is asked for once in half a minute")
    func value() async throws {
        let (executor, calls) = try Self.asking("sleep 15 2>/dev/null & echo \"$1 $2 $VAULT\"")
        for _ in 0..<3 {
            let told = await Self.read("token", by: executor)
            #expect(told.output == "--quietly token open", "\(told.report.outcome)")
        }
        #expect(try Files.read(calls) == Array("called\n".utf8))
    }

    @Test(
        "a secret that it does not know, or cannot give, is refused before a process starts",
        arguments: [
            ("exit 66", "there is no secret \"token\""), ("echo no; exit 5", "exited with status 5"),
            ("kill -6 $$", "signal 6"), ("head -c 2000000 /dev/zero", "more than 1048576 bytes"),
        ]
    )
    func refused(script: String, message: String) async throws {
        let told = await Self.read("token", by: try Self.asking(script).executor)
        #expect(told.error?.type == "SecretUnavailable")
        #expect(told.error?.message.contains(message) == true, "\(told.error?.message ?? "")")
        #expect(told.report.exit == nil && told.report.receipt == nil)
    }

    @Test("a command that cannot be started is the step's SecretUnavailable")
    func missing() async throws {
        let command = try #require(SecretsCommand("/nowhere/ask", environment: [:]))
        #expect(throws: StepError.self) {
            try WorkerSecrets(folder: nil, command: command).secret(named: "token")
        }
    }
}

import HTTP
import JSON
import Linux
import Scheduler

/// The commands of `pawl workflow`.
enum WorkflowCommands {
    static let all: [Command] = [
        Command(
            ["workflow", "apply"],
            "Store workflows, each as a new version if it has changed",
            operands: "FILE…",
            count: 1...100,
            run: apply
        ),
        Command(
            ["workflow", "validate"],
            "Check workflows; needs no server",
            operands: "FILE…",
            count: 1...100,
            run: validate
        ),
        Command(["workflow", "list"], "List workflows", run: list),
        Command(
            ["workflow", "show"],
            "Show a workflow's newest version, or another",
            operands: "NAME",
            count: 1...1,
            options: [Option("version", value: "N", "this version")],
            run: show
        ),
        WorkflowGraphCommand.command,
    ]

    private static func apply(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        for file in invocation.operands {
            let answer = try apply(file: file, client).answer
            output.print(answer, name: "name", columns: ["name", "version", "new"])
        }
        return .ok
    }

    /// Checks a file here, so that mistakes are told with the file's name, then stores it.
    static func apply(
        file: String,
        _ client: APIClient
    ) throws(CommandFailure) -> (name: String, schema: JSONValue?, answer: JSONValue) {
        let (text, workflow) = try compile(file)
        let target = "/v1/workflows/\(PercentEncoding.encode(workflow.name))"
        let answer = try client.send("PUT", target, type: "application/yaml", body: Array(text.utf8))
        return (workflow.name, workflow.input, answer)
    }

    private static func validate(_ invocation: Invocation) throws -> ExitCode {
        var failure: CommandFailure?
        for file in invocation.operands {
            do throws(CommandFailure) {
                let workflow = try compile(file).workflow
                Output.line("\(file): workflow “\(workflow.name)” is valid")
            } catch {
                Output.tell(error.message)
                failure = CommandFailure(error.code, "not all definitions are valid")
            }
        }
        if let failure { throw failure }
        return .ok
    }

    /// Compiles a file; all mistakes are in the failure, each as `file:line:column: message`.
    static func compile(_ file: String) throws(CommandFailure) -> (
        text: String, workflow: CompiledWorkflow
    ) {
        let bytes: [UInt8]
        do {
            bytes = try Files.read(file, limit: 4 << 20)
        } catch {
            throw CommandFailure(.notFound, "\(error)")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let compilation = DefinitionCompiler.compile(text)
        let lines = compilation.diagnostics.map { diagnostic in
            let hint = diagnostic.hint.map { " (\($0))" } ?? ""
            let kind = diagnostic.severity == .error ? "" : "\(diagnostic.severity.rawValue): "
            return "\(file):\(diagnostic.line):\(diagnostic.column): \(kind)\(diagnostic.message)\(hint)"
        }
        guard let workflow = compilation.workflow else {
            throw CommandFailure(.failed, lines.joined(separator: "\n"))
        }
        for line in lines { Output.tell(line) }
        return (text, workflow)
    }

    private static func list(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let page = try APIClient(invocation).get("/v1/workflows?limit=500")
        output.print(
            page["items"]?.arrayValue ?? [],
            name: "name",
            columns: ["name", "version", "created_at", "digest"]
        )
        return .ok
    }

    private static func show(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        var target = "/v1/workflows/\(PercentEncoding.encode(invocation.operands[0]))"
        if let version = invocation.value("version") {
            target += "?version=\(PercentEncoding.encode(version))"
        }
        let workflow = try APIClient(invocation).get(target)
        output.print(workflow, name: "name", columns: ["name", "version", "digest", "description"])
        if output.format == .table { Output.line("\n" + (workflow["source"]?.stringValue ?? "")) }
        return .ok
    }
}

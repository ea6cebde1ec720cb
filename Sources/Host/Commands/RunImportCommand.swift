import HTTP
import JSON
import Linux

/// `pawl run import`: an exported run, to be read on another server.
enum RunImportCommand {
    static let command = Command(
        ["run", "import"],
        "Keep a run that was exported, to be read like any other",
        operands: "FILE|-",
        count: 1...1,
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let bytes = try read(invocation.operands[0])
        let answer = try APIClient(invocation)
            .send("POST", ImportsResource.path, type: "application/json", body: bytes)
        output.print(answer, name: "id", columns: RunCommands.columns)
        return .ok
    }

    private static func read(_ file: String) throws(CommandFailure) -> [UInt8] {
        let limit = ImportsResource.bodyLimit
        guard file != "-" else {
            if let bytes = StandardStream.input.readToEnd(limit: limit) { return bytes }
            throw .usage("what comes on stdin is larger than \(limit >> 20) MiB")
        }
        do {
            return try Files.read(file, limit: limit)
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }
}

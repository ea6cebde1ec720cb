import JSON
import Linux
import YAML

/// `pawl schedule apply`: puts schedules from files, YAML or JSON, that have their `name` in them.
enum ScheduleApplyCommand {
    static let command = Command(
        ["schedule", "apply"],
        "Put schedules; the file names the schedule beside what the API takes",
        operands: "FILE…",
        count: 1...100,
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let client = try APIClient(invocation)
        for file in invocation.operands {
            let (name, body) = try read(file)
            let target = ScheduleCommands.target(name)
            let answer: JSONValue
            do {
                answer = try client.send("PUT", target, type: "application/json", body: body.bytes())
            } catch {
                throw CommandFailure(error.code, "\(file): \(error.message)", hint: error.hint)
            }
            output.print(answer, name: "name", columns: ScheduleCommands.columns)
        }
        return .ok
    }

    private static func read(_ file: String) throws(CommandFailure) -> (name: String, body: JSONValue) {
        let root: YAMLNode
        do {
            root = try YAMLNode.parse(Files.read(file, limit: 4 << 20))
        } catch let error as LinuxError {
            throw CommandFailure(.notFound, "\(error)")
        } catch {
            throw CommandFailure(.failed, "\(file): \(error)")
        }
        guard var object = root.json.objectValue, let name = object["name"]?.stringValue else {
            throw CommandFailure(.failed, "\(file): a schedule is a mapping with a “name”")
        }
        object["name"] = nil
        return (name, .object(object))
    }
}

import Glibc
import Linux

/// The program `pawl`: finds the command, runs it, and tells what went wrong.
@main
struct Pawl {
    static let commands: [Command] =
        [
            [DevCommand.command],
            ServerCommands.all,
            [DoctorCommand.command, VersionCommand.command],
            WorkflowCommands.all,
            RunCommands.all,
            [RunSignalCommand.command, RunWhyCommand.command],
            [RunExportCommand.command, RunImportCommand.command, RunRerunCommand.command],
            StepCommands.all,
            BatchCommands.all,
            ScheduleCommands.all,
            PluginCommands.all,
            [ExpressionCommand.command],
            QueueCommands.all,
            WorkerCommands.all,
            TokenCommands.all,
            [CompletionCommand.command],
            BenchCommands.all,
        ].flatMap { $0 }

    static let parser = ArgumentParser(commands: commands, shared: [APIClient.option, Output.option])

    static func main() {
        exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    static func run(_ arguments: [String]) -> ExitCode {
        do {
            switch try parser.parse(arguments) {
            case .run(let invocation): return try invocation.command.run(invocation)
            case .help(let command): Output.line(Help(parser: parser).text(of: command))
            case .overview(let words): Output.line(Help(parser: parser).overview(words: words))
            }
            return .ok
        } catch let failure as CommandFailure {
            let hint = failure.hint.map { "\n  \($0)" } ?? ""
            Output.tell("pawl: \(failure.message)\(hint)")
            return failure.code
        } catch {
            Output.tell("pawl: \(error)")
            return .failed
        }
    }
}

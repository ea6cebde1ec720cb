/// `pawl completion`: what a shell needs to complete its commands.
enum CompletionCommand {
    static let command = Command(
        ["completion"],
        "Print completion for a shell: bash, zsh or fish",
        operands: "SHELL",
        count: 1...1,
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let shell = invocation.operands[0]
        guard let known = Completion.Shell(rawValue: shell) else {
            let names = Completion.Shell.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure.usage("there is completion for \(names), not for “\(shell)”")
        }
        let parser = Pawl.parser
        Output.line(Completion(commands: parser.commands, shared: parser.shared).script(for: known))
        return .ok
    }
}

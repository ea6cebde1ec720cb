import Scheduler
import Wording

/// Finds the command that arguments call, and reads its options: `--name value`, `--name=value`, `-o value`.
///
/// Options may stand anywhere after the command's words; `--` ends them.
struct ArgumentParser {
    let commands: [Command]
    /// Options that every command takes.
    let shared: [Option]

    /// What the arguments ask for.
    enum Request {
        case run(Invocation)
        /// Help of one command, or of all that begin with these words.
        case help(of: Command)
        case overview(words: [String])
    }

    func parse(_ arguments: [String]) throws(CommandFailure) -> Request {
        let words = arguments.prefix { !$0.hasPrefix("-") }
        guard let command = command(called: Array(words)) else {
            return try overview(Array(words), arguments)
        }
        return try read(Array(arguments.dropFirst(command.words.count)), for: command)
    }

    /// The command with the longest words that the arguments begin with.
    private func command(called words: [String]) -> Command? {
        commands.filter { words.starts(with: $0.words) }.max { $0.words.count < $1.words.count }
    }

    private func overview(_ words: [String], _ arguments: [String]) throws(CommandFailure) -> Request {
        var words = words
        if words.first == "help" { words.removeFirst() }
        if let command = commands.first(where: { $0.words == words }) { return .help(of: command) }
        if words.isEmpty || commands.contains(where: { $0.words.starts(with: words) }) {
            return .overview(words: words)
        }
        let asked = words.prefix(2).joined(separator: " ")
        let nearest = NearestName.of(asked, among: commands.map(\.name))
        throw .usage(
            "there is no command “\(asked)”",
            hint: nearest.map { "did you mean “pawl \($0)”?" } ?? "pawl help"
        )
    }

    private func read(_ arguments: [String], for command: Command) throws(CommandFailure) -> Request {
        var invocation = Invocation(command)
        var rest = arguments[...]
        var optionsEnded = false
        while let argument = rest.popFirst() {
            if optionsEnded || argument == "-" || !argument.hasPrefix("-") {
                invocation.operands.append(argument)
            } else if argument == "--" {
                optionsEnded = true
            } else if argument == "--help" || argument == "-h" {
                return .help(of: command)
            } else {
                try readOption(argument, &rest, into: &invocation)
            }
        }
        guard command.operandCount.contains(invocation.operands.count) else {
            throw .usage(
                "pawl \(command.name) takes \(command.operands.isEmpty ? "no operands" : command.operands)",
                hint: "pawl \(command.name) --help"
            )
        }
        return .run(invocation)
    }

    private func readOption(
        _ argument: String,
        _ rest: inout ArraySlice<String>,
        into invocation: inout Invocation
    ) throws(CommandFailure) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init
        )
        let option = try option(parts[0], of: invocation.command)
        guard let value = option.value else {
            guard parts.count == 1 else { throw .usage("--\(option.name) takes no value") }
            return try invocation.add("", to: option)
        }
        if parts.count == 2 { return try invocation.add(parts[1], to: option) }
        guard let next = rest.popFirst() else { throw .usage("--\(option.name) needs a value: \(value)") }
        try invocation.add(next, to: option)
    }

    private func option(_ text: String, of command: Command) throws(CommandFailure) -> Option {
        let known = command.options + shared
        let found = known.first { option in
            text == "--\(option.name)" || option.short.map { text == "-\($0)" } ?? false
        }
        if let found { return found }
        let nearest = NearestName.of(text, among: known.map { "--\($0.name)" })
        throw .usage(
            "pawl \(command.name) has no option \(text)",
            hint: nearest.map { "did you mean \($0)?" } ?? "pawl \(command.name) --help"
        )
    }
}

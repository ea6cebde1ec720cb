/// The texts of `pawl help`, made from the commands.
struct Help {
    let parser: ArgumentParser

    func overview(words: [String]) -> String {
        let commands = parser.commands.filter { $0.words.starts(with: words) }
        let width = commands.map(\.name.count).max() ?? 0
        var lines = words.isEmpty ? ["Pawl runs durable workflows whose steps are programs.", ""] : []
        lines.append("usage: pawl \(words.isEmpty ? "COMMAND" : words.joined(separator: " ") + " …")")
        lines.append("")
        for command in commands { lines.append("  \(pad(command.name, width))  \(command.summary)") }
        lines.append("")
        lines.append("pawl COMMAND --help tells more of one command.")
        return lines.joined(separator: "\n")
    }

    func text(of command: Command) -> String {
        let operands = command.operands.isEmpty ? "" : " \(command.operands)"
        var lines = [command.summary, "", "usage: pawl \(command.name)\(operands) [options]", ""]
        let options = command.options + parser.shared
        let width = options.map(\.usage.count).max() ?? 0
        for option in options { lines.append("  \(pad(option.usage, width))  \(option.help)") }
        return lines.joined(separator: "\n")
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

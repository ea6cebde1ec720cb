/// Completion for a shell, made from the commands.
struct Completion {
    enum Shell: String, CaseIterable { case bash, zsh, fish }

    let commands: [Command]
    let shared: [Option]

    func script(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        // zsh runs bash's functions once it is told to.
        case .zsh: "#compdef pawl\nautoload -U +X bashcompinit && bashcompinit\n" + bash
        case .fish: fish
        }
    }

    /// What may come after the words typed so far: `run` → `start list …`.
    private var next: [(words: String, candidates: [String])] {
        var next: [(words: String, candidates: [String])] = []
        for command in commands {
            for count in command.words.indices {
                let words = command.words[..<count].joined(separator: " ")
                let word = command.words[count]
                if let index = next.firstIndex(where: { $0.words == words }) {
                    if !next[index].candidates.contains(word) { next[index].candidates.append(word) }
                } else {
                    next.append((words, [word]))
                }
            }
        }
        return next
    }

    private func options(of command: Command) -> [Option] { command.options + shared }

    private var bash: String {
        var cases: [String] = []
        // The longest first: `worker list` is a command beside `worker`.
        for command in commands.sorted(by: { $0.words.count > $1.words.count }) {
            let options = options(of: command).map { "--\($0.name)" }.joined(separator: " ")
            let further = next.first { $0.words == command.name }?.candidates.joined(separator: " ") ?? ""
            let name = command.name
            cases.append(#"        "\#(name)"|"\#(name) "*) next="\#(further) \#(options)" ;;"#)
        }
        for (words, candidates) in next where !commands.contains(where: { $0.name == words }) {
            cases.append(#"        "\#(words)") next="\#(candidates.joined(separator: " "))" ;;"#)
        }
        return """
            _pawl() {
                local i words="" next=""
                for ((i = 1; i < COMP_CWORD; i++)); do
                    [[ ${COMP_WORDS[i]} == -* ]] || words+="${words:+ }${COMP_WORDS[i]}"
                done
                case "$words" in
            \(cases.joined(separator: "\n"))
                esac
                COMPREPLY=($(compgen -W "$next" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _pawl pawl
            """
    }

    private var fish: String {
        var lines = [
            "function __pawl_after",
            "    set -l words (commandline -opc | string match -v -- '-*')",
            "    test \"$words[2..-1]\" = \"$argv\"",
            "end",
        ]
        for (words, candidates) in next {
            let list = candidates.joined(separator: " ")
            lines.append("complete -c pawl -f -n '__pawl_after \(words)' -a '\(list)'")
        }
        for command in commands {
            for option in options(of: command) {
                let help = option.help.replacing("'", with: "’")
                let short = option.short.map { " -s \($0)" } ?? ""
                let value = option.value == nil ? "" : " -r"
                lines.append(
                    "complete -c pawl -n '__pawl_after \(command.name)' -l \(option.name)\(short)\(value) "
                        + "-d '\(help)'"
                )
            }
        }
        return lines.joined(separator: "\n")
    }
}

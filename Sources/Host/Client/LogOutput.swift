import JSON
import Linux
import Wording

/// How lines of a log are printed: byte for byte where they go on to a program, for people on a terminal.
struct LogOutput {
    private static let columns = ["at", "path", "attempt", "level", "message"]

    private let output: Output
    private let isTerminal = StandardStream.output.isTerminal
    private let isColoured = StandardStream.output.isColoured

    init(_ output: Output) { self.output = output }

    func print(_ lines: [JSONValue]) {
        switch output.format {
        case .json, .jsonl: output.print(lines, name: "message", columns: [])
        case .name: for line in lines { write(shown(line)) }
        case .table where isTerminal: for line in lines { write("\(head(line))  \(shown(line))") }
        case .table:
            for line in lines { write(Self.columns.map { Output.text(line[$0]) }.joined(separator: "\t")) }
        }
    }

    /// The time of day and the step, with the attempt if it is not the first.
    private func head(_ line: JSONValue) -> String {
        let time = Output.text(line["at"]).dropFirst(11).dropLast(1)
        let attempt = line["attempt"]?.integerValue ?? 1
        return "\(time)  \(Output.text(line["path"]))\(attempt > 1 ? " (attempt \(attempt))" : "")".visible()
    }

    private func shown(_ line: JSONValue) -> String {
        let message = Output.text(line["message"])
        return isTerminal ? message.terminalLine(isColoured: isColoured) : message
    }

    private func write(_ text: String) { StandardStream.output.write(text + "\n") }
}

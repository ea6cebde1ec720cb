/// A command of `pawl`, as data: what it takes, what it says of itself, what it does.
struct Command: Sendable {
    /// The words that call it: `["run", "start"]`.
    var words: [String]
    var summary: String
    /// What stands after the words in the usage line: `FILE|WORKFLOW`.
    var operands: String
    var operandCount: ClosedRange<Int>
    var options: [Option]
    var run: @Sendable (Invocation) throws -> ExitCode

    init(
        _ words: [String],
        _ summary: String,
        operands: String = "",
        count: ClosedRange<Int> = 0...0,
        options: [Option] = [],
        run: @escaping @Sendable (Invocation) throws -> ExitCode
    ) {
        self.words = words
        self.summary = summary
        self.operands = operands
        operandCount = count
        self.options = options
        self.run = run
    }

    var name: String { words.joined(separator: " ") }
}

/// An option of a command: `--limit N`, `--follow`, `-o FORMAT`.
struct Option: Sendable, Hashable {
    var name: String
    var short: Character?
    /// What its value is called in the help; nil for a flag.
    var value: String?
    var help: String
    var isRepeatable: Bool

    init(
        _ name: String,
        short: Character? = nil,
        value: String? = nil,
        _ help: String,
        repeatable: Bool = false
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.help = help
        isRepeatable = repeatable
    }

    /// As the help shows it: `-o, --output FORMAT`.
    var usage: String {
        let long = value.map { "--\(name) \($0)" } ?? "--\(name)"
        return short.map { "-\($0), \(long)" } ?? long
    }
}

/// A command as it was called.
struct Invocation: Sendable {
    var command: Command
    var operands: [String] = []
    private var values: [String: [String]] = [:]

    init(_ command: Command) {
        self.command = command
    }

    func has(_ option: String) -> Bool { values[option] != nil }
    func value(_ option: String) -> String? { values[option]?.last }
    func all(_ option: String) -> [String] { values[option] ?? [] }

    /// The value as a whole number within bounds.
    func integer(_ option: String, in range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
        guard let text = value(option) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let bounds = "from \(range.lowerBound) to \(range.upperBound)"
            throw .usage("--\(option) takes a whole number \(bounds), not “\(text)”")
        }
        return number
    }

    mutating func add(_ value: String, to option: Option) throws(CommandFailure) {
        guard option.isRepeatable || values[option.name] == nil else {
            throw .usage("--\(option.name) is given twice")
        }
        values[option.name, default: []].append(value)
    }
}

import JSON
import Linux
import Wording

/// How a command prints its data: `-o table | json | jsonl | name`.
struct Output {
    enum Format: String, CaseIterable { case table, json, jsonl, name }

    static let option = Option("output", short: "o", value: "FORMAT", "table, json, jsonl or name")

    let format: Format

    init(_ invocation: Invocation) throws(CommandFailure) {
        guard let text = invocation.value("output") else {
            format = .table
            return
        }
        guard let format = Format(rawValue: text) else {
            throw .usage("--output takes table, json, jsonl or name, not “\(text)”")
        }
        self.format = format
    }

    /// One object; `name` is the member that names it, `columns` are shown as `key  value` lines.
    func print(_ object: JSONValue, name: String, columns: [String]) {
        switch format {
        case .json: Self.json(object.pretty())
        case .jsonl: Self.json(object.serialized())
        case .name: Self.line(Self.text(object[name]))
        case .table:
            let width = columns.map(\.count).max() ?? 0
            for column in columns {
                guard let value = Self.value(at: column, of: object), !value.isNull else { continue }
                let isTerminal = StandardStream.output.isTerminal
                let key = isTerminal ? column.padded(to: width) + "  " : column + "\t"
                Self.line(key + Self.text(value).visible())
            }
        }
    }

    /// A list: a table on a terminal, tab-separated elsewhere.
    func print(_ items: [JSONValue], name: String, columns: [String]) {
        switch format {
        case .json: Self.json(JSONValue.array(items).pretty())
        case .jsonl: for item in items { Self.json(item.serialized()) }
        case .name: for item in items { Self.line(Self.text(item[name])) }
        case .table: printTable(items, columns)
        }
    }

    private func printTable(_ items: [JSONValue], _ columns: [String]) {
        let rows = items.map { item in columns.map { Self.text(Self.value(at: $0, of: item)).visible() } }
        guard StandardStream.output.isTerminal else {
            for row in rows { Self.line(row.joined(separator: "\t")) }
            return
        }
        let titles = columns.map { $0.split(separator: ".").last.map { $0.uppercased() } ?? "" }
        let widths = columns.indices.map { column in
            ([titles] + rows).map { $0[column].count }.max() ?? 0
        }
        for row in [titles] + rows {
            Self.line(zip(row, widths).map { $0.padded(to: $1) }.joined(separator: "  "))
        }
    }

    /// The member at a dotted path: `times.created_at`.
    private static func value(at path: String, of item: JSONValue) -> JSONValue? {
        path.split(separator: ".").reduce(item as JSONValue?) { $0?[String($1)] }
    }

    static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null: "-"
        case .string(let text): text
        case let value?: value.serialized()
        }
    }

    /// Text on stdout; a terminal is given nothing that it would obey.
    static func line(_ text: String) {
        let stream = StandardStream.output
        stream.write((stream.isTerminal ? text.visible(keepsLines: true) : text) + "\n")
    }

    /// JSON on stdout; it stays JSON on a terminal, too.
    static func json(_ text: String) {
        let stream = StandardStream.output
        stream.write((stream.isTerminal ? text.terminalJSON : text) + "\n")
    }

    /// A word on stderr, for people.
    static func tell(_ text: String) {
        StandardStream.error.write(text.visible(keepsLines: true) + "\n")
    }
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

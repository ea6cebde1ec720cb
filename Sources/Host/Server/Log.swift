import JSON
import Linux

/// What this process says of itself, on stderr: a line of JSON an event, or text where a person reads along.
struct Log: Sendable {
    enum Level: String, Sendable { case info, warning, error }

    var isForPeople: Bool = StandardStream.error.isTerminal

    func info(_ message: String, _ facts: KeyValuePairs<String, JSONValue> = [:]) {
        write(.info, message, facts)
    }

    func warning(_ message: String, _ facts: KeyValuePairs<String, JSONValue> = [:]) {
        write(.warning, message, facts)
    }

    func error(_ message: String, _ facts: KeyValuePairs<String, JSONValue> = [:]) {
        write(.error, message, facts)
    }

    private func write(_ level: Level, _ message: String, _ facts: KeyValuePairs<String, JSONValue>) {
        StandardStream.error.write(isForPeople ? text(level, message, facts) : line(level, message, facts))
    }

    private func line(_ level: Level, _ message: String, _ facts: KeyValuePairs<String, JSONValue>) -> String
    {
        var object = JSONObject([
            ("time", .string(Timestamp.now.rfc3339)), ("level", .string(level.rawValue)),
            ("message", .string(message)),
        ])
        for (key, value) in facts { object[key] = value }
        return JSONValue.object(object).serialized() + "\n"
    }

    private func text(_ level: Level, _ message: String, _ facts: KeyValuePairs<String, JSONValue>) -> String
    {
        let lead = level == .info ? "" : "\(level.rawValue): "
        let rest = facts.map { " \($0.key)=\($0.value.stringValue ?? $0.value.serialized())" }.joined()
        return "\(lead)\(message)\(rest)\n"
    }
}

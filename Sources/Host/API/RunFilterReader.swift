import JSON
import Linux
import Scheduler

/// Reads which runs are meant: from the query of a list, and from the body of a batch.
///
/// What may be one of several is a text with commas, `failed,cancelled`, or in a body also a list of texts.
struct RunFilterReader {
    static let names = [
        "workflow", "status", "compensation", "key", "parent", "schedule", "error_type", "reason", "since",
        "until",
    ]
    private static let labelPrefix = "label."
    private static let longestLabel = 256

    private var fields: FieldReader
    private(set) var filter = RunFilter()

    /// The filter that a query string says; 422 for a value that none has.
    static func filter(of call: Call) throws(Problem) -> RunFilter {
        var object = JSONObject()
        for item in call.request.query where object[item.name] == nil {
            let isGiven = names.contains(item.name) && !item.value.isEmpty
            if isGiven || item.name.hasPrefix(labelPrefix) { object[item.name] = .string(item.value) }
        }
        let reader = RunFilterReader(object)
        guard let first = reader.errors.first else { return reader.filter }
        throw .invalid(first["message"]?.stringValue ?? "", errors: reader.errors)
    }

    /// What is wrong, each with its pointer into the object.
    var errors: [JSONValue] { fields.errors }

    init(_ object: JSONObject) {
        fields = FieldReader(object)
        fields.refuseUnknown(
            besides: Self.names + ["labels"] + object.keys.filter { $0.hasPrefix(Self.labelPrefix) }
        )
        // A null would be no condition, and so widen what is meant.
        for (name, value) in object where value.isNull {
            fields.fail(name, "“\(name)” is null; leave it out")
        }
        filter.workflows = Set(texts("workflow"))
        filter.statuses = words("status")
        filter.compensations = words("compensation")
        filter.reasons = words("reason")
        filter.errorTypes = Set(texts("error_type"))
        filter.key = fields.text("key")
        filter.schedule = fields.text("schedule")
        filter.labels = labels()
        filter.parent = parent()
        filter.since = time("since")
        filter.until = time("until")
    }

    /// The texts of a list.
    private mutating func texts(_ name: String) -> [String] {
        guard let items = fields.object[name]?.arrayValue else {
            guard let text = fields.text(name) else { return [] }
            let texts = text.split(separator: ",").map(String.init)
            if texts.isEmpty { fields.fail(name, "“\(name)” names nothing") }
            return texts
        }
        let texts = items.compactMap(\.stringValue).filter { !$0.isEmpty && !$0.utf8.contains(0) }
        let isWhole = texts.count == items.count && !texts.isEmpty
        // An empty list would be no condition, and so mean everything.
        if !isWhole { fields.fail(name, "“\(name)” is a text, or a list of texts that is not empty") }
        return texts
    }

    private mutating func words<Word: RawRepresentable<String> & Hashable & CaseIterable>(
        _ name: String
    ) -> Set<Word> {
        var words: Set<Word> = []
        for text in texts(name) {
            if let word = Word(rawValue: text) {
                words.insert(word)
            } else {
                let known = Word.allCases.map(\.rawValue).joined(separator: " ")
                fields.fail(name, "\(name) “\(text)” is none of: \(known)")
            }
        }
        return words
    }

    /// Of `labels: { K: V }`, and of `label.K: V`.
    private mutating func labels() -> [String: String] {
        var labels = fields.texts("labels")
        if labels.isEmpty, fields.object["labels"]?.objectValue != nil {
            fields.check("labels", false, "“labels” names none")
        }
        for (key, value) in fields.object where key.hasPrefix(Self.labelPrefix) {
            let text = value.stringValue.flatMap { $0.unicodeScalars.count <= Self.longestLabel ? $0 : nil }
            guard let text, !(key + text).utf8.contains(0) else {
                fields.fail(key, "a label is a text of at most 256 characters without U+0000")
                continue
            }
            labels[String(key.dropFirst(Self.labelPrefix.count))] = text
        }
        return labels
    }

    private mutating func parent() -> RunID? {
        guard let text = fields.text("parent") else { return nil }
        let run = RunID(text)
        if run == nil { fields.fail("parent", "parent “\(text)” is no run_…") }
        return run
    }

    private mutating func time(_ name: String) -> Timestamp? {
        guard let text = fields.text(name) else { return nil }
        let time = Timestamp(rfc3339: text)
        if time == nil { fields.fail(name, "\(name) “\(text)” is no RFC 3339 time") }
        return time
    }
}

import JSON

extension [JSONValue] {
    /// The events of a type, of a history.
    public func events(_ type: String) -> [JSONValue] { filter { $0["type"]?.stringValue == type } }
}

/// What holds of the history of every run that has ended.
public enum HistoryCheck {
    private static let ends: Set = ["run.succeeded", "run.failed", "run.cancelled", "run.terminated"]

    /// What is wrong with a history: gaps, no start, no end or more than one but for retries, anything after
    /// the end, a step that succeeded twice.
    public static func violations(_ history: [JSONValue]) -> [String] {
        var violations: [String] = []
        let types = history.map { $0["type"]?.stringValue ?? "" }
        for (index, event) in history.enumerated() where event["seq"]?.integerValue != Int64(index + 1) {
            violations.append("event \(index + 1) has seq \(event["seq"]?.serialized() ?? "none")")
        }
        if !["run.started", "run.scheduled"].contains(types.first) {
            violations.append("it begins with \(types.first ?? "nothing")")
        }
        let retries = types.count { $0 == "run.retried" }
        if types.filter(ends.contains).count != retries + 1 || types.last.map(ends.contains) != true {
            violations.append("it ends with \(types.suffix(3))")
        }
        var succeeded: Set<String> = []
        for event in history.events("step.succeeded") {
            let path = event["path"]?.stringValue ?? ""
            if !succeeded.insert(path).inserted { violations.append("\(path) succeeded twice") }
        }
        return violations
    }
}

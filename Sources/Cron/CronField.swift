/// A field of a cron expression.
public enum CronField: String, Sendable, Hashable, CaseIterable {
    case second, minute, hour
    case dayOfMonth = "day-of-month"
    case month
    case dayOfWeek = "day-of-week"

    /// Numbers that it takes; Sunday is 0 and 7.
    var range: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// Names for its first numbers.
    private var names: [String] {
        switch self {
        case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        default: []
        }
    }

    func number(called name: some StringProtocol) -> Int? {
        names.firstIndex { $0 == name }.map { range.lowerBound + $0 }
    }

    /// What may stand in it, for messages.
    var allowed: String {
        let numbers = "a number from \(range.lowerBound) to \(range.upperBound)"
        guard let first = names.first, let last = names.last else { return numbers }
        return "\(numbers), or a name from \(first) to \(last)"
    }
}

/// Why a text is no cron expression.
public struct CronError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Nil where it has not as many fields as it should have.
    public var field: CronField?
    /// The text of the field, or of the whole expression.
    public var text: String
    /// What is wrong, and what is allowed.
    public var message: String

    public var description: String {
        field.map { "\($0.rawValue) “\(text)”: \(message)" } ?? "“\(text)”: \(message)"
    }
}

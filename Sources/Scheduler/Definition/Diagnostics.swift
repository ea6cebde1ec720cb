import JSON
import YAML

/// Collects what is wrong with one text, so that its author hears everything at once.
public final class Diagnostics {
    /// The most that one text is told.
    public static let limit = 100

    private var found: Set<Diagnostic> = []
    private var unsaid: Diagnostic.Severity?

    public init() {}

    /// By place; what was said twice of one place comes once.
    public var all: [Diagnostic] {
        let sorted = found.sorted { ($0.line, $0.column, $0.message) < ($1.line, $1.column, $1.message) }
        guard let unsaid, let last = sorted.last else { return sorted }
        let message = "there is more to say; the first \(Self.limit) come first"
        return sorted + [Diagnostic(unsaid, line: last.line, column: last.column, message: message)]
    }

    public var hasErrors: Bool { found.hasErrors || unsaid == .error }

    /// Whether nothing more is listed, so that finding its place is not worth the time.
    var isFull: Bool { found.count >= Self.limit }

    public func add(
        _ severity: Diagnostic.Severity,
        _ message: String,
        at mark: Mark,
        path: JSONPointer,
        hint: String? = nil
    ) {
        guard !isFull else { return skip(severity) }
        let diagnostic = Diagnostic(
            severity,
            line: mark.line,
            column: mark.column,
            path: path.description,
            message: message,
            hint: hint
        )
        found.insert(diagnostic)
    }

    /// Counts what is not listed.
    func skip(_ severity: Diagnostic.Severity) {
        if unsaid != .error { unsaid = severity }
    }
}

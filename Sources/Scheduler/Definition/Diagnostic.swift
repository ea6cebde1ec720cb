import JSON

/// Something to say about a definition or a manifest, with its place in the text.
public struct Diagnostic: Sendable, Hashable {
    public enum Severity: String, Sendable {
        /// The text is refused.
        case error
        /// The text is taken, and most likely does not mean what its author thinks.
        case warning
    }

    public var severity: Severity
    /// From 1.
    public var line: Int
    /// In characters, from 1.
    public var column: Int
    /// A JSON pointer (RFC 6901) from the root of the text.
    public var path: String
    public var message: String
    /// What to write instead.
    public var hint: String?

    public init(
        _ severity: Severity,
        line: Int,
        column: Int,
        path: String = "",
        message: String,
        hint: String? = nil
    ) {
        self.severity = severity
        self.line = line
        self.column = column
        self.path = path
        self.message = message
        self.hint = hint
    }
}

extension Diagnostic: CustomStringConvertible {
    /// `12:5: error: … (hint)`, as compilers write it.
    public var description: String {
        let suffix = hint.map { " (\($0))" } ?? ""
        return "\(line):\(column): \(severity.rawValue): \(message)\(suffix)"
    }
}

extension Sequence where Element == Diagnostic {
    public var hasErrors: Bool { contains { $0.severity == .error } }
}

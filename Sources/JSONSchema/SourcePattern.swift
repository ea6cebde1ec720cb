import PCRE

/// A regular expression of `pattern` or `patternProperties`, with the text it was compiled from.
struct SourcePattern: Sendable {
    let source: String
    private let compiled: Pattern

    init(_ source: String) throws(PatternError) {
        self.source = source
        compiled = try Pattern(source)
    }

    /// Whether the pattern is found anywhere in a text.
    ///
    /// A search that reaches PCRE2's limits counts as in vain, so no pattern can hold a thread.
    func matches(_ text: String) -> Bool {
        (try? compiled.matches(text)) ?? false
    }
}

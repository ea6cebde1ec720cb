/// A regular expression of `pattern` and `patternProperties`: unanchored.
struct Pattern: Sendable {
    struct Failure: Error {
        var message: String
    }

    // @unchecked: a compiled expression is never changed.
    private final class Compiled: @unchecked Sendable {
        let regex: Regex<AnyRegexOutput>
        init(_ regex: Regex<AnyRegexOutput>) { self.regex = regex }
    }

    let source: String
    private let compiled: Compiled

    init(_ source: String) throws(Failure) {
        self.source = source
        do {
            compiled = Compiled(try Regex(source).matchingSemantics(.unicodeScalar))
        } catch {
            throw Failure(message: "\(error)")
        }
    }

    func matches(_ text: String) -> Bool {
        (try? compiled.regex.firstMatch(in: text)) != nil
    }
}

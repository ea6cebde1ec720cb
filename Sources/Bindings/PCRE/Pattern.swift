internal import CPCRE2

/// A regular expression, compiled once and matched from any thread.
///
/// The dialect is Perl's with the habits of ECMAScript: `$` matches at the very end only, `\uXXXX` is an
/// escape, `[]` matches nothing, a reference to a group that did not take part matches the empty string.
/// Every match is bounded by `Limits`, so no pattern can hold a thread.
public final class Pattern: @unchecked Sendable {
    // @unchecked: PCRE2 never changes compiled code, and match data is made anew for each match.

    /// How a pattern is read.
    public struct Options: OptionSet, Sendable, Hashable {
        public let rawValue: UInt32

        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let caseInsensitive = Options(rawValue: 1)
        /// `^` and `$` match at every line.
        public static let multiline = Options(rawValue: 2)
    }

    /// What one match may cost.
    public struct Limits: Sendable {
        /// Calls of PCRE2's internal matcher; a million take some tens of milliseconds.
        public var steps: UInt32
        /// Nested backtracking points.
        public var depth: UInt32
        /// Memory for backtracking points, in KiB.
        public var heapKiB: UInt32

        public init(steps: UInt32, depth: UInt32, heapKiB: UInt32) {
            self.steps = steps
            self.depth = depth
            self.heapKiB = heapKiB
        }

        public static let standard = Limits(steps: 500_000, depth: 100_000, heapKiB: 16_384)
    }

    /// Where a match and its groups lie, as offsets into the UTF-8 of the subject.
    public struct Match: Sendable {
        /// The whole match first, then each group; nil for a group that took no part.
        public let groups: [Range<Int>?]

        public var range: Range<Int> { groups[0] ?? 0..<0 }
    }

    private let code: OpaquePointer

    /// Compiles a pattern; what is wrong with it is said with its place in the pattern.
    public init(_ pattern: String, options: Options = []) throws(PatternError) {
        code = try Self.compile(pattern, options)
    }

    deinit { pcre2_code_free_8(code) }

    /// Whether the pattern is found anywhere in a text.
    public func matches(_ text: String, limits: Limits = .standard) throws(PatternError) -> Bool {
        try firstMatch(in: Array(text.utf8), limits: limits) != nil
    }

    /// The first match at or after an offset.
    ///
    /// - Parameters:
    ///   - subject: UTF-8, well formed.
    ///   - offset: where to start, in bytes, at the boundary of a character.
    ///   - limits: what the match may cost.
    /// - Returns: nil when there is none.
    /// - Throws: `PatternError.limit` when a limit is reached first.
    public func firstMatch(
        in subject: [UInt8],
        from offset: Int = 0,
        limits: Limits = .standard
    ) throws(PatternError) -> Match? {
        guard
            let data = pcre2_match_data_create_from_pattern_8(code, nil),
            let context = pcre2_match_context_create_8(nil)
        else { throw .limit("no memory for a match") }
        defer {
            pcre2_match_data_free_8(data)
            pcre2_match_context_free_8(context)
        }
        pcre2_set_match_limit_8(context, limits.steps)
        pcre2_set_depth_limit_8(context, limits.depth)
        pcre2_set_heap_limit_8(context, limits.heapKiB)
        let count = subject.withUnsafeBufferPointer { bytes in
            pcre2_match_8(code, bytes.baseAddress, bytes.count, offset, PCRE2_NO_UTF_CHECK, data, context)
        }
        guard count != PCRE2_ERROR_NOMATCH else { return nil }
        guard count >= 0 else { throw .limit(Self.message(count)) }
        return Match(groups: Self.groups(of: data))
    }
}

/// What went wrong with a regular expression.
public enum PatternError: Error, Sendable, Hashable {
    /// The pattern is malformed at an offset in its UTF-8.
    case syntax(message: String, offset: Int)
    /// A match reached one of its limits.
    case limit(String)
}

extension Pattern {
    private static func compile(_ pattern: String, _ options: Options) throws(PatternError) -> OpaquePointer {
        guard let context = pcre2_compile_context_create_8(nil) else {
            throw .limit("no memory for a pattern")
        }
        defer { pcre2_compile_context_free_8(context) }
        pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_ANYCRLF))
        let extra = PCRE2_EXTRA_ALT_BSUX | PCRE2_EXTRA_BAD_ESCAPE_IS_LITERAL
        pcre2_set_compile_extra_options_8(context, UInt32(extra))
        var flags = PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX
        flags |= PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C
        if options.contains(.caseInsensitive) { flags |= PCRE2_CASELESS }
        if options.contains(.multiline) { flags |= PCRE2_MULTILINE }
        var error: Int32 = 0
        var offset = 0
        let bytes = Array(pattern.utf8)
        let code = bytes.withUnsafeBufferPointer { bytes in
            pcre2_compile_8(bytes.baseAddress, bytes.count, UInt32(flags), &error, &offset, context)
        }
        guard let code else { throw .syntax(message: message(error), offset: offset) }
        return code
    }

    private static func groups(of data: OpaquePointer) -> [Range<Int>?] {
        guard let pairs = pcre2_get_ovector_pointer_8(data) else { return [] }
        return (0..<Int(pcre2_get_ovector_count_8(data))).map { index in
            let start = pairs[2 * index]
            let end = pairs[2 * index + 1]
            // PCRE2_UNSET, all bits set, is -1 here; `\K` in a lookahead can put the start behind the end.
            return start >= 0 && start <= end ? start..<end : nil
        }
    }

    private static func message(_ error: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = pcre2_get_error_message_8(error, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(Int(count), 0)), as: UTF8.self)
    }
}

import CYAML
import JSON

/// One event of libyaml as a Swift value.
struct Event {
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias(String)
        /// `implied`: the kind follows from the text, because it is plain and has no tag.
        case scalar(text: String, style: YAMLNode.Style, implied: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    var kind: Kind
    var mark: Mark
    var anchor: String?
    var tag: String?

    init(_ event: yaml_event_t) {
        mark = Mark(event.start_mark)
        switch event.type {
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_ALIAS_EVENT: kind = .alias(String(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length),
                as: UTF8.self
            )
            kind = .scalar(text: text, style: .init(scalar.style), implied: scalar.plain_implicit != 0)
            anchor = String(scalar.anchor)
            tag = String(scalar.tag)
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            anchor = String(event.data.sequence_start.anchor)
            tag = String(event.data.sequence_start.tag)
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            anchor = String(event.data.mapping_start.anchor)
            tag = String(event.data.mapping_start.tag)
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        default: kind = .streamEnd
        }
    }
}

extension Event {
    private static let core = "tag:yaml.org,2002:"

    /// Refuses any tag but none, `!` and the one named.
    func requireTag(_ name: String) throws(YAMLError) {
        guard let tag, tag != "!", tag != Self.core + name else { return }
        throw YAMLError("the tag \(Self.short(tag)) is not known here", at: mark)
    }

    /// What a scalar stands for, by its tag or by its text.
    func value(_ text: String, _ style: YAMLNode.Style, implied: Bool) throws(YAMLError) -> JSONValue {
        do throws(CoreSchema.Refusal) {
            guard let tag, tag != "!" else {
                return style == .plain && tag == nil ? try CoreSchema.resolve(plain: text) : .string(text)
            }
            return try value(text, tag: tag)
        } catch {
            throw YAMLError(error.message, at: mark)
        }
    }

    private func value(_ text: String, tag: String) throws(CoreSchema.Refusal) -> JSONValue {
        if tag == Self.core + "str" { return .string(text) }
        let value = try CoreSchema.resolve(plain: text)
        switch (tag, value) {
        case (Self.core + "null", .null), (Self.core + "bool", .bool), (Self.core + "int", .integer),
            (Self.core + "float", .real):
            return value
        case (Self.core + "float", .integer(let integer)): return .real(Double(integer))
        case (Self.core + "null", _), (Self.core + "bool", _), (Self.core + "int", _),
            (Self.core + "float", _):
            throw CoreSchema.Refusal(message: "\"\(text)\" does not fit the tag \(Self.short(tag))")
        default: throw CoreSchema.Refusal(message: "the tag \(Self.short(tag)) is not known here")
        }
    }

    private static func short(_ tag: String) -> String {
        tag.hasPrefix(core) ? "!!" + tag.dropFirst(core.count) : tag
    }
}

extension Mark {
    init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }

    /// The place of a byte in a text.
    init(byte offset: Int, in source: [UInt8]) {
        let before = source.prefix(offset)
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // Continuation bytes, 10xxxxxx, start no character.
        let column = before[start...].count { $0 & 0xC0 != 0x80 }
        self.init(line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: column + 1)
    }
}

extension YAMLNode.Style {
    init(_ style: yaml_scalar_style_t) {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: self = .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: self = .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE: self = .literal
        case YAML_FOLDED_SCALAR_STYLE: self = .folded
        default: self = .plain
        }
    }
}

extension String {
    fileprivate init?(_ text: UnsafeMutablePointer<yaml_char_t>?) {
        guard let text else { return nil }
        self = String(cString: text)
    }
}

/// What libyaml says it could not read, in our words where its own mislead.
struct Complaint {
    let error: YAMLError

    init(_ parser: yaml_parser_t, _ source: [UInt8]) {
        let problem = parser.problem.map { String(cString: $0) } ?? "the text is no YAML"
        guard parser.error != YAML_READER_ERROR else {
            error = YAMLError(problem, at: Mark(byte: parser.problem_offset, in: source))
            return
        }
        let mark = Mark(parser.problem_mark)
        guard Self.byte(at: mark, in: source) != UInt8(ascii: "\t") else {
            error = YAMLError("a tab cannot indent or start a value; use spaces", at: mark)
            return
        }
        let start = Mark(parser.context_mark)
        let context = parser.context.map { " \(String(cString: $0)) from \(start)" } ?? ""
        error = YAMLError(problem + context, at: mark)
    }

    private static func byte(at mark: Mark, in source: [UInt8]) -> UInt8? {
        let lines = source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        let starts = lines[mark.line - 1].filter { $0 & 0xC0 != 0x80 }
        return starts.indices.contains(mark.column - 1) ? starts[mark.column - 1] : nil
    }
}

import JSON
import Wording
import YAML

/// Scalars: each reading refuses `${`, because expressions stand only where they are evaluated.
extension SourceValue {
    /// Text; a number or a truth value must be quoted to be one.
    public func text(_ expected: String = "text") -> String? {
        guard isLiteral else { return nil }
        guard let text = node.scalar?.value.stringValue else {
            let hint = node.scalar.flatMap { $0.value.isNull ? nil : "put it in quotes: \"\($0.text)\"" }
            mismatch(expected, hint: hint)
            return nil
        }
        return text
    }

    /// Text in the shape of a name.
    public func name(_ pattern: NamePattern) -> String? {
        guard let text = text(pattern.description) else { return nil }
        guard pattern.matches(text) else {
            mismatch(pattern.description)
            return nil
        }
        return text
    }

    /// A list of names, each of them once.
    public func names(_ pattern: NamePattern) -> [String]? {
        guard let elements = elements("a list of names") else { return nil }
        let names = elements.compactMap { element in element.name(pattern).map { (element, $0) } }
        var seen: Set<String> = []
        for (element, name) in names where !seen.insert(name).inserted {
            element.error("\"\(name)\" is in the list already")
        }
        return names.map(\.1)
    }

    public func bool() -> Bool? {
        guard isLiteral else { return nil }
        guard let bool = node.scalar?.value.boolValue else {
            mismatch("true or false")
            return nil
        }
        return bool
    }

    public func integer(in range: ClosedRange<Int>) -> Int? {
        guard isLiteral else { return nil }
        guard let integer = node.scalar?.value.integerValue, range.contains(Int(integer)) else {
            let bound =
                range.upperBound == .max
                ? "of at least \(range.lowerBound)"
                : "from \(range.lowerBound) to \(range.upperBound)"
            mismatch("a whole number \(bound)")
            return nil
        }
        return Int(integer)
    }

    public func number(in range: PartialRangeFrom<Double>) -> Double? {
        guard isLiteral else { return nil }
        guard let number = node.scalar?.value.doubleValue, range.contains(number) else {
            mismatch("a number of at least \(range.lowerBound)")
            return nil
        }
        return number
    }

    /// A duration in milliseconds, of at least `minimum`.
    public func duration(minimum: Int64 = 1) -> Int64? {
        guard isLiteral else { return nil }
        let duration = node.scalar?.value.stringValue.flatMap(DurationText.milliseconds)
        guard let duration, duration >= minimum else {
            let bare = node.scalar?.value.integerValue
            let hint = bare.map { "numbers need a unit: \($0)s, \($0)m or \($0)h" }
            mismatch("a duration\(minimum > 0 ? " above zero" : "") such as 500ms, 30s or 1h30m", hint: hint)
            return nil
        }
        return duration
    }

    /// A size in bytes, at least one.
    public func size() -> Int64? {
        guard isLiteral else { return nil }
        guard let size = node.scalar?.value.stringValue.flatMap(SizeText.bytes), size > 0 else {
            let hint = node.scalar.flatMap { $0.text.isEmpty ? nil : "units are B, KiB, MiB, GiB and TiB" }
            mismatch("a size above zero such as 64KiB, 256MiB or 4GiB", hint: hint)
            return nil
        }
        return size
    }

    /// One of a few words.
    public func choice<Word: RawRepresentable & CaseIterable>(_ words: Word.Type) -> Word?
    where Word.RawValue == String {
        choice(of: Word.allCases.map(\.rawValue)).flatMap(Word.init(rawValue:))
    }

    /// One of a few words.
    public func choice(of words: [String]) -> String? {
        guard isLiteral else { return nil }
        guard let text = node.scalar?.text, words.contains(text) else {
            let hint = node.scalar.flatMap { NearestName.hint(for: $0.text, among: words) }
            mismatch("one of \(words.joined(separator: ", "))", hint: hint)
            return nil
        }
        return text
    }

    /// Whether no text within holds `${`; says so otherwise.
    var isLiteral: Bool {
        switch node.content {
        case .scalar(let scalar):
            guard scalar.value.stringValue?.contains("${") ?? false else { return true }
            error("\(name) cannot hold an expression", hint: "write the value itself")
            return false
        case .sequence(let nodes):
            return nodes.enumerated().filter { !element($0.offset, $0.element).isLiteral }.isEmpty
        case .mapping(let entries):
            return entries.filter { !child($0).isLiteral }.isEmpty
        }
    }
}

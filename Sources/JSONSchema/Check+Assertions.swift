import JSON

/// What a value does wrong in the eyes of one keyword.
struct Complaint {
    var keyword: String
    var message: String
}

/// The checks that look at a value alone and lead into no other schema.
///
/// Pure, and apart from the walk because their frames, full of texts, are not wanted on its deep stack.
extension Check {
    func complaints(about value: JSONValue) -> [Complaint] {
        switch (self, value) {
        case (.never, _): [Complaint(keyword: "false", message: "no value is allowed here")]
        case (.type(let kinds), _): type(kinds, value)
        case (.const(let expected), _): const(expected, value)
        case (.enumeration(let allowed), _): enumeration(allowed, value)
        case (.bound(let bound, let limit), .integer), (.bound(let bound, let limit), .real):
            number(bound, limit, value)
        case (.multipleOf(let divisor), .integer), (.multipleOf(let divisor), .real): multiple(divisor, value)
        case (.length(let limit, let allowed), .string(let string)):
            count(limit, allowed, string.unicodeScalars.count, "Length", "character", "characters")
        case (.pattern(let pattern), .string(let string)):
            pattern.matches(string)
                ? [] : complain("pattern", "\(value.excerpt) does not match the pattern \(pattern.source)")
        case (.format(let format), .string(let string)):
            format.accepts(string) ? [] : complain("format", "\(value.excerpt) is no \(format.noun)")
        case (.itemCount(let limit, let allowed), .array(let elements)):
            count(limit, allowed, elements.count, "Items", "element", "elements")
        case (.uniqueItems, .array(let elements)): unique(elements)
        case (.propertyCount(let limit, let allowed), .object(let object)):
            count(limit, allowed, object.count, "Properties", "property", "properties")
        case (.required(let names), .object(let object)): required(names, object)
        case (.dependentRequired(let names), .object(let object)): dependentRequired(names, object)
        default: []
        }
    }

    private func complain(_ keyword: String, _ message: String) -> [Complaint] {
        [Complaint(keyword: keyword, message: message)]
    }

    private func type(_ kinds: Kinds, _ value: JSONValue) -> [Complaint] {
        guard kinds.isDisjoint(with: Kinds(of: value)) else { return [] }
        return complain("type", "expected \(kinds.description), found \(value.excerptWithKind)")
    }

    private func const(_ expected: JSONValue, _ value: JSONValue) -> [Complaint] {
        guard value.normalized != expected else { return [] }
        return complain("const", "must be \(expected.excerpt), found \(value.excerpt)")
    }

    private func enumeration(_ allowed: [JSONValue], _ value: JSONValue) -> [Complaint] {
        guard !allowed.contains(value.normalized) else { return [] }
        let shown = allowed.prefix(10).map(\.excerpt).joined(separator: ", ")
        let more = allowed.count > 10 ? " or \(allowed.count - 10) more" : ""
        return complain("enum", "must be one of \(shown)\(more), found \(value.excerpt)")
    }

    private func number(_ bound: Bound, _ limit: JSONValue, _ value: JSONValue) -> [Complaint] {
        let problem: String? =
            switch bound {
            case .minimum: isLess(value, than: limit) ? "less than" : nil
            case .maximum: isLess(limit, than: value) ? "more than" : nil
            case .exclusiveMinimum: isLess(limit, than: value) ? nil : "not more than"
            case .exclusiveMaximum: isLess(value, than: limit) ? nil : "not less than"
            }
        guard let problem else { return [] }
        return complain(bound.rawValue, "\(value.excerpt) is \(problem) \(limit.excerpt)")
    }

    private func multiple(_ divisor: JSONValue, _ value: JSONValue) -> [Complaint] {
        guard !isMultiple(value, of: divisor) else { return [] }
        return complain("multipleOf", "\(value.excerpt) is no multiple of \(divisor.excerpt)")
    }

    /// The keyword is `min` or `max` and what is counted.
    private func count(
        _ limit: Limit,
        _ allowed: Int,
        _ count: Int,
        _ what: String,
        _ singular: String,
        _ plural: String
    ) -> [Complaint] {
        let has = "has \(count) \(count == 1 ? singular : plural)"
        switch limit {
        case .minimum where count < allowed:
            return complain("min\(what)", "\(has), needs at least \(allowed)")
        case .maximum where count > allowed:
            return complain("max\(what)", "\(has), may have at most \(allowed)")
        default: return []
        }
    }

    private func unique(_ elements: [JSONValue]) -> [Complaint] {
        var first: [JSONValue: Int] = [:]
        for (index, element) in elements.enumerated() {
            guard let earlier = first.updateValue(index, forKey: element.normalized) else { continue }
            let message = "the elements \(earlier) and \(index) are equal: \(element.excerpt)"
            return complain("uniqueItems", message)
        }
        return []
    }

    private func required(_ names: [String], _ object: JSONObject) -> [Complaint] {
        names.filter { object[$0] == nil }.map { name in
            Complaint(keyword: "required", message: "the property \"\(name)\" is missing")
        }
    }

    private func dependentRequired(_ names: [String: [String]], _ object: JSONObject) -> [Complaint] {
        names.keys.sorted().filter { object[$0] != nil }.flatMap { key in
            (names[key] ?? []).filter { object[$0] == nil }.map { name in
                let message = "the property \"\(name)\" is missing, which \"\(key)\" needs"
                return Complaint(keyword: "dependentRequired", message: message)
            }
        }
    }
}

extension JSONValue {
    /// The value in a message about its type.
    var excerptWithKind: String {
        switch self {
        case .null: "null"
        case .array: "an array"
        case .object: "an object"
        default: "\(kind) \(excerpt)"
        }
    }
}

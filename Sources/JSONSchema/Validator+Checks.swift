import JSON

extension Validator {
    mutating func checkEnumeration(_ allowed: [JSONValue], _ value: JSONValue) {
        guard !allowed.contains(value.normalized) else { return }
        let shown = allowed.prefix(10).map(\.excerpt).joined(separator: ", ")
        let more = allowed.count > 10 ? " or \(allowed.count - 10) more" : ""
        violate("enum", "must be one of \(shown)\(more), found \(value.excerpt)")
    }

    mutating func checkBound(_ bound: Check.Bound, _ limit: JSONValue, _ value: JSONValue) {
        let problem: String? =
            switch bound {
            case .minimum: isLess(value, than: limit) ? "less than" : nil
            case .maximum: isLess(limit, than: value) ? "more than" : nil
            case .exclusiveMinimum: isLess(limit, than: value) ? nil : "not more than"
            case .exclusiveMaximum: isLess(value, than: limit) ? nil : "not less than"
            }
        guard let problem else { return }
        violate(bound.rawValue, "\(value.excerpt) is \(problem) \(limit.excerpt)")
    }

    /// The keyword is `min` or `max` and what is counted.
    mutating func checkCount(
        _ limit: Check.Limit,
        _ allowed: Int,
        _ count: Int,
        _ what: String,
        _ noun: String
    ) {
        let plural = noun == "property" ? "properties" : noun + "s"
        switch limit {
        case .minimum where count < allowed:
            violate("min\(what)", "has \(count) \(count == 1 ? noun : plural), needs at least \(allowed)")
        case .maximum where count > allowed:
            violate("max\(what)", "has \(count) \(count == 1 ? noun : plural), may have at most \(allowed)")
        default: break
        }
    }

    mutating func checkUnique(_ elements: [JSONValue]) {
        var first: [JSONValue: Int] = [:]
        for (index, element) in elements.enumerated() {
            guard let earlier = first.updateValue(index, forKey: element.normalized) else { continue }
            return violate(
                "uniqueItems",
                "the elements \(earlier) and \(index) are equal: \(element.excerpt)"
            )
        }
    }

    mutating func checkContains(_ elements: [JSONValue], _ node: Int, _ minimum: Int, _ maximum: Int?) {
        let count = elements.count { holds($0, against: node) }
        if count < minimum {
            let keyword = minimum == 1 ? "contains" : "minContains"
            violate(keyword, "has \(count) elements of the kind wanted, needs at least \(minimum)")
        }
        if let maximum, count > maximum {
            violate("maxContains", "has \(count) elements of the kind wanted, may have at most \(maximum)")
        }
    }

    mutating func checkProperties(_ object: JSONObject, _ properties: Check.Properties) {
        let keys = object.keys
        let values = object.values
        for (key, value) in zip(keys, values) {
            var isKnown = false
            if let node = properties.named[key] {
                isKnown = true
                check(value, at: key, against: node)
            }
            for (pattern, node) in properties.patterns where pattern.matches(key) {
                isKnown = true
                check(value, at: key, against: node)
            }
            guard !isKnown, let additional = properties.additional else { continue }
            if properties.isClosed {
                let hint = nearest(key, among: properties.named.keys.sorted())
                let question = hint.map { "; did you mean \"\($0)\"?" } ?? ""
                violate(at: key, "additionalProperties", "the property \"\(key)\" is not known\(question)")
            } else {
                check(value, at: key, against: additional)
            }
        }
    }

    mutating func checkOneOf(_ nodes: [Int], _ value: JSONValue) {
        let fitting = nodes.indices.filter { holds(value, against: nodes[$0]) }
        switch fitting.count {
        case 0: violateAlternatives("oneOf", nodes, value)
        case 1: break
        default:
            let list = fitting.map(String.init).joined(separator: ", ")
            violate("oneOf", "fits the alternatives \(list), must fit exactly one")
        }
    }

    /// Says what the alternative that comes nearest is missing.
    mutating func violateAlternatives(_ keyword: String, _ nodes: [Int], _ value: JSONValue) {
        let trials = nodes.map { trial(value, against: $0, limit: 5) }
        let nearest = trials.min { $0.count < $1.count }?.first
        let reason = nearest.map { "; the nearest fails with: \($0)" } ?? ""
        violate(keyword, "fits none of the \(nodes.count) alternatives\(reason)")
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

import JSON

/// What the validation of one value may cost, shared by all its branches.
final class Budget {
    /// The most schemas applied to one value: so many for each of its parts, which 2^n branches exceed.
    private static let visitsPerPart = 50
    private static let visitsAtLeast = 200_000
    /// The deepest nesting of schemas in each other that fits the stack of a thread.
    static let depthLimit = 1_500

    private let visitLimit: Int
    var visits = 0
    var depth = 0

    init(for value: JSONValue) {
        visitLimit = Self.visitsAtLeast + Self.visitsPerPart * value.partCount
    }

    var isSpent: Bool { visits > visitLimit || depth > Self.depthLimit }
}

/// Walks a value along a schema and collects what it breaks.
struct Validator {
    private enum Token {
        case key(String)
        case index(Int)
    }

    let schema: Schema
    private(set) var violations: [Violation] = []
    private let limit: Int
    private let budget: Budget
    private var path: [Token] = []

    init(schema: Schema, limit: Int, budget: Budget) {
        self.schema = schema
        self.limit = limit
        self.budget = budget
    }

    private var isDone: Bool { violations.count >= limit }

    /// Adds what the value breaks of one schema.
    mutating func check(_ value: JSONValue, against node: Int) {
        budget.visits += 1
        budget.depth += 1
        defer { budget.depth -= 1 }
        guard !budget.isSpent else {
            return violate("", "checking this value takes too many steps; simplify the schema")
        }
        for check in schema.nodes[node].checks {
            if isDone { return }
            apply(check, to: value)
        }
    }

    mutating func violate(_ keyword: String, _ message: String) {
        guard !isDone else { return }
        let tokens = path.map { token in
            switch token {
            case .key(let key): key
            case .index(let index): String(index)
            }
        }
        violations.append(Violation(pointer: JSONPointer(tokens), keyword: keyword, message: message))
    }

    /// Adds what the value breaks of a schema for one of its parts.
    mutating func check(_ value: JSONValue, at key: String, against node: Int) {
        path.append(.key(key))
        check(value, against: node)
        path.removeLast()
    }

    mutating func check(_ value: JSONValue, at index: Int, against node: Int) {
        path.append(.index(index))
        check(value, against: node)
        path.removeLast()
    }

    /// Adds a violation at a property.
    mutating func violate(at key: String, _ keyword: String, _ message: String) {
        path.append(.key(key))
        violate(keyword, message)
        path.removeLast()
    }

    /// The first violations of a schema, without adding them.
    func trial(_ value: JSONValue, against node: Int, limit: Int = 1) -> [Violation] {
        var trial = Validator(schema: schema, limit: limit, budget: budget)
        trial.path = path
        trial.check(value, against: node)
        return trial.violations
    }

    func holds(_ value: JSONValue, against node: Int) -> Bool {
        trial(value, against: node).isEmpty
    }

    private mutating func apply(_ check: Check, to value: JSONValue) {
        switch (check, value) {
        case (.never, _): violate("false", "no value is allowed here")
        case (.type(let kinds), _):
            let kind = Kinds(of: value)
            if kinds.isDisjoint(with: kind) {
                violate("type", "expected \(kinds.description), found \(value.excerptWithKind)")
            }
        case (.const(let expected), _):
            if value.normalized != expected {
                violate("const", "must be \(expected.excerpt), found \(value.excerpt)")
            }
        case (.enumeration(let allowed), _): checkEnumeration(allowed, value)
        case (.bound(let bound, let limit), .integer), (.bound(let bound, let limit), .real):
            checkBound(bound, limit, value)
        case (.multipleOf(let divisor), .integer), (.multipleOf(let divisor), .real):
            if !isMultiple(value, of: divisor) {
                violate("multipleOf", "\(value.excerpt) is no multiple of \(divisor.excerpt)")
            }
        case (.length(let limit, let count), .string(let string)):
            checkCount(limit, count, string.unicodeScalars.count, "Length", "character")
        case (.pattern(let pattern), .string(let string)):
            if !pattern.matches(string) {
                violate("pattern", "\(value.excerpt) does not match the pattern \(pattern.source)")
            }
        case (.format(let format), .string(let string)):
            if !format.accepts(string) { violate("format", "\(value.excerpt) is no \(format.noun)") }
        case (_, .array(let elements)): apply(check, elements, value)
        case (_, .object(let object)): apply(check, object, value)
        default: applyInPlace(check, value)
        }
    }

    private mutating func apply(_ check: Check, _ elements: [JSONValue], _ value: JSONValue) {
        switch check {
        case .itemCount(let limit, let count): checkCount(limit, count, elements.count, "Items", "element")
        case .uniqueItems: checkUnique(elements)
        case .items(let prefix, let rest):
            for (index, element) in elements.enumerated() {
                guard let node = index < prefix.count ? prefix[index] : rest, !isDone else { return }
                self.check(element, at: index, against: node)
            }
        case .contains(let node, let minimum, let maximum):
            checkContains(elements, node, minimum, maximum)
        default: applyInPlace(check, value)
        }
    }

    private mutating func apply(_ check: Check, _ object: JSONObject, _ value: JSONValue) {
        switch check {
        case .propertyCount(let limit, let count):
            checkCount(limit, count, object.count, "Properties", "property")
        case .required(let names):
            for name in names where object[name] == nil {
                violate("required", "the property \"\(name)\" is missing")
            }
        case .dependentRequired(let required):
            for (key, names) in required.sorted(by: { $0.key < $1.key }) where object[key] != nil {
                for name in names where object[name] == nil {
                    violate(
                        "dependentRequired",
                        "the property \"\(name)\" is missing, which \"\(key)\" needs"
                    )
                }
            }
        case .dependentSchemas(let schemas):
            for (key, node) in schemas.sorted(by: { $0.key < $1.key }) where object[key] != nil {
                self.check(value, against: node)
            }
        case .propertyNames(let node):
            for key in object.keys {
                guard let violation = trial(.string(key), against: node).first else { continue }
                violate(at: key, "propertyNames", "the name \"\(key)\" is not allowed: \(violation.message)")
            }
        case .properties(let properties): checkProperties(object, properties)
        default: applyInPlace(check, value)
        }
    }

    private mutating func applyInPlace(_ check: Check, _ value: JSONValue) {
        switch check {
        case .reference(let node): self.check(value, against: node)
        case .allOf(let nodes):
            for node in nodes { self.check(value, against: node) }
        case .anyOf(let nodes):
            if !nodes.contains(where: { holds(value, against: $0) }) {
                violateAlternatives("anyOf", nodes, value)
            }
        case .oneOf(let nodes): checkOneOf(nodes, value)
        case .not(let node):
            if holds(value, against: node) { violate("not", "\(value.excerpt) is what is excluded here") }
        case .conditional(let condition, let then, let otherwise):
            if let node = holds(value, against: condition) ? then : otherwise {
                self.check(value, against: node)
            }
        default: break
        }
    }
}

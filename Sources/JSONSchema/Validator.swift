import JSON
import Wording

/// What the validation of one value may cost, shared by all its branches.
final class Budget {
    /// The most schemas applied to one value: so many for each of its parts, which 2^n branches exceed.
    private static let visitsPerPart = 50
    private static let visitsAtLeast = 200_000
    /// The deepest nesting of schemas in each other, which fits a stack of 1 MiB.
    private static let depthLimit = 1_100

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
    /// Whether the messages are read; building one for alternatives means trying them again.
    private let isHeard: Bool
    private let budget: Budget
    private var path: [Token] = []

    init(schema: Schema, limit: Int, isHeard: Bool, budget: Budget) {
        self.schema = schema
        self.limit = limit
        self.isHeard = isHeard
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
            for complaint in check.complaints(about: value) { violate(complaint.keyword, complaint.message) }
            descend(check, value)
        }
    }

    private mutating func violate(_ keyword: String, _ message: String) {
        guard !isDone else { return }
        let tokens = path.map { token in
            switch token {
            case .key(let key): key
            case .index(let index): String(index)
            }
        }
        violations.append(Violation(pointer: JSONPointer(tokens), keyword: keyword, message: message))
    }

    /// Goes on into the schemas that a check leads to.
    private mutating func descend(_ check: Check, _ value: JSONValue) {
        switch check {
        case .reference(let node): self.check(value, against: node)
        case .allOf(let nodes):
            for node in nodes { self.check(value, against: node) }
        case .anyOf(let nodes): checkAnyOf(nodes, value)
        case .oneOf(let nodes): checkOneOf(nodes, value)
        case .not(let node): checkNot(node, value)
        case .conditional(let condition, let then, let otherwise):
            if let node = holds(value, against: condition) ? then : otherwise {
                self.check(value, against: node)
            }
        case .items(let prefix, let rest): checkItems(value, prefix, rest)
        case .contains(let node, let minimum, let maximum): checkContains(value, node, minimum, maximum)
        case .properties(let properties): checkProperties(value, properties)
        case .propertyNames(let node): checkNames(value, node)
        case .dependentSchemas(let schemas): checkDependents(value, schemas)
        default: break
        }
    }

    /// The first violations of a schema, without adding them.
    private func trial(_ value: JSONValue, against node: Int, limit: Int) -> [Violation] {
        var trial = Validator(schema: schema, limit: limit, isHeard: isHeard, budget: budget)
        trial.path = path
        trial.check(value, against: node)
        return trial.violations
    }

    private func holds(_ value: JSONValue, against node: Int) -> Bool {
        var trial = Validator(schema: schema, limit: 1, isHeard: false, budget: budget)
        trial.check(value, against: node)
        return trial.violations.isEmpty
    }
}

/// The parts of a value.
extension Validator {
    private mutating func checkItems(_ value: JSONValue, _ prefix: [Int], _ rest: Int?) {
        guard case .array(let elements) = value else { return }
        for (index, element) in elements.enumerated() {
            guard let node = index < prefix.count ? prefix[index] : rest, !isDone else { return }
            check(element, at: .index(index), against: node)
        }
    }

    private mutating func checkContains(_ value: JSONValue, _ node: Int, _ minimum: Int, _ maximum: Int?) {
        guard case .array(let elements) = value else { return }
        let count = elements.count { holds($0, against: node) }
        if count < minimum {
            let keyword = minimum == 1 ? "contains" : "minContains"
            violate(keyword, "has \(count) elements of the kind wanted, needs at least \(minimum)")
        }
        if let maximum, count > maximum {
            violate("maxContains", "has \(count) elements of the kind wanted, may have at most \(maximum)")
        }
    }

    private mutating func checkProperties(_ value: JSONValue, _ properties: Check.Properties) {
        guard case .object(let object) = value else { return }
        for (key, value) in zip(object.keys, object.values) {
            if isDone { return }
            var isKnown = false
            if let node = properties.named[key] {
                isKnown = true
                check(value, at: .key(key), against: node)
            }
            for (pattern, node) in properties.patterns where pattern.matches(key) {
                isKnown = true
                check(value, at: .key(key), against: node)
            }
            guard !isKnown, let additional = properties.additional else { continue }
            if properties.isClosed {
                violate(unknown: key, properties)
            } else {
                check(value, at: .key(key), against: additional)
            }
        }
    }

    private mutating func checkNames(_ value: JSONValue, _ node: Int) {
        guard case .object(let object) = value else { return }
        for key in object.keys {
            guard let violation = trial(.string(key), against: node, limit: 1).first else { continue }
            violate(at: key, "propertyNames", "the name \"\(key)\" is not allowed: \(violation.message)")
        }
    }

    private mutating func checkDependents(_ value: JSONValue, _ schemas: [String: Int]) {
        guard case .object(let object) = value else { return }
        for (key, node) in schemas.sorted(by: { $0.key < $1.key }) where object[key] != nil {
            check(value, against: node)
        }
    }

    private mutating func check(_ value: JSONValue, at token: Token, against node: Int) {
        path.append(token)
        check(value, against: node)
        path.removeLast()
    }

    private mutating func violate(at key: String, _ keyword: String, _ message: String) {
        path.append(.key(key))
        violate(keyword, message)
        path.removeLast()
    }

    private mutating func violate(unknown key: String, _ properties: Check.Properties) {
        let question = NearestName.hint(for: key, among: properties.order).map { "; \($0)" } ?? ""
        violate(at: key, "additionalProperties", "the property \"\(key)\" is not known\(question)")
    }
}

/// The alternatives of a value.
extension Validator {
    private mutating func checkAnyOf(_ nodes: [Int], _ value: JSONValue) {
        if !nodes.contains(where: { holds(value, against: $0) }) {
            violateAlternatives("anyOf", nodes, value)
        }
    }

    private mutating func checkOneOf(_ nodes: [Int], _ value: JSONValue) {
        let fitting = nodes.indices.filter { holds(value, against: nodes[$0]) }
        switch fitting.count {
        case 0: violateAlternatives("oneOf", nodes, value)
        case 1: break
        default:
            let list = fitting.map(String.init).joined(separator: ", ")
            violate("oneOf", "fits the alternatives \(list), must fit exactly one")
        }
    }

    private mutating func checkNot(_ node: Int, _ value: JSONValue) {
        if holds(value, against: node) { violate("not", "\(value.excerpt) is what is excluded here") }
    }

    /// Says what the alternative that comes nearest is missing.
    private mutating func violateAlternatives(_ keyword: String, _ nodes: [Int], _ value: JSONValue) {
        guard isHeard else { return violate(keyword, "") }
        let trials = nodes.map { trial(value, against: $0, limit: 5) }
        let nearest = trials.min { $0.count < $1.count }?.first
        let reason = nearest.map { "; the nearest fails with: \($0)" } ?? ""
        violate(keyword, "fits none of the \(nodes.count) alternatives\(reason)")
    }
}

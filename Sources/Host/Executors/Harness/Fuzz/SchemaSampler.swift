import JSON
import JSONSchema
import Scheduler

/// Draws values from a JSON Schema: mostly ones that fit, near its bounds as often as within.
///
/// It looks at the keywords that describe a shape; whether a value fits is for the schema to say.
struct SchemaSampler {
    private let document: JSONValue
    private var random: SplitMix64

    /// How deep a value may be; recursive schemas end there.
    private static let depth = 6
    /// The most elements that are drawn where the schema has no bound.
    private static let width = 3

    init(_ schema: JSONValue, seed: UInt64) {
        document = schema
        random = SplitMix64(state: seed)
    }

    /// A value of the schema's shape; it may miss what only a search would find.
    mutating func value() -> JSONValue { value(of: document, depth: Self.depth) }

    /// A value with one part of it replaced by something else.
    mutating func mutated(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(var members) where !members.isEmpty && chance(of: 4, in: 5):
            let key = pick(members.keys)
            switch int(0...3) {
            case 0: members[key] = nil
            case 1: members[pick(Self.texts)] = stranger()
            default: members[key] = mutated(members[key] ?? .null)
            }
            return .object(members)
        case .array(var elements) where !elements.isEmpty && chance(of: 4, in: 5):
            let index = int(0...(elements.count - 1))
            if chance(of: 1, in: 4) {
                elements.remove(at: index)
            } else {
                elements[index] = mutated(elements[index])
            }
            return .array(elements)
        default: return stranger()
        }
    }

    // MARK: - By keyword

    private mutating func value(of schema: JSONValue, depth: Int) -> JSONValue {
        guard let keywords = schema.objectValue else { return stranger() }
        if let constant = keywords["const"] { return constant }
        if let choices = keywords["enum"]?.arrayValue, !choices.isEmpty { return pick(choices) }
        if let target = keywords["$ref"]?.stringValue.flatMap(resolved), depth > 0 {
            return value(of: target, depth: depth - 1)
        }
        for key in ["oneOf", "anyOf"] {
            guard let branches = keywords[key]?.arrayValue, !branches.isEmpty else { continue }
            return value(of: Self.joined(keywords, with: pick(branches), without: key), depth: depth)
        }
        if let parts = keywords["allOf"]?.arrayValue, !parts.isEmpty {
            let whole = parts.reduce(JSONValue.object(keywords)) {
                Self.joined($0.objectValue ?? JSONObject(), with: $1, without: "allOf")
            }
            return value(of: whole, depth: depth)
        }
        return value(of: type(keywords), keywords, depth: depth)
    }

    private mutating func value(of type: String, _ keywords: JSONObject, depth: Int) -> JSONValue {
        switch type {
        case "object": object(keywords, depth: depth)
        case "array": array(keywords, depth: depth)
        case "string": string(keywords)
        case "integer": .integer(integer(keywords))
        case "number": chance(of: 1, in: 2) ? .integer(integer(keywords)) : .real(real(keywords))
        case "boolean": .bool(chance(of: 1, in: 2))
        case "null": .null
        default: stranger()
        }
    }

    private mutating func type(_ keywords: JSONObject) -> String {
        if let name = keywords["type"]?.stringValue { return name }
        if let names = keywords["type"]?.arrayValue?.compactMap(\.stringValue), !names.isEmpty {
            return pick(names)
        }
        for (key, name) in Self.hints where keywords[key] != nil { return name }
        return "any"
    }

    /// What a keyword says of the type where `type` is left out.
    private static let hints = [
        ("properties", "object"), ("required", "object"), ("items", "array"), ("prefixItems", "array"),
        ("pattern", "string"), ("minLength", "string"), ("minimum", "number"),
    ]

    private mutating func object(_ keywords: JSONObject, depth: Int) -> JSONValue {
        let properties = keywords["properties"]?.objectValue ?? JSONObject()
        let required = keywords["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
        var members = JSONObject()
        for (name, schema) in properties where required.contains(name) || (depth > 0 && chance(of: 1, in: 2))
        {
            members[name] = value(of: schema, depth: depth - 1)
        }
        let others = keywords["additionalProperties"]
        for name in required where members[name] == nil {
            members[name] = value(of: others ?? true, depth: depth - 1)
        }
        if let others, others.objectValue != nil, depth > 0 {
            for _ in 0..<int(0...2) { members[pick(Self.texts)] = value(of: others, depth: depth - 1) }
        }
        return .object(members)
    }

    private mutating func array(_ keywords: JSONObject, depth: Int) -> JSONValue {
        let minimum = keywords["minItems"]?.integerValue.map(Int.init) ?? 0
        let bound = keywords["maxItems"]?.integerValue.map(Int.init) ?? minimum + Self.width
        let count = depth > 0 ? int(minimum...max(minimum, min(bound, minimum + Self.width))) : minimum
        let first = keywords["prefixItems"]?.arrayValue ?? []
        return .array(
            (0..<count).map { index in
                value(of: index < first.count ? first[index] : keywords["items"] ?? true, depth: depth - 1)
            }
        )
    }

    private mutating func string(_ keywords: JSONObject) -> JSONValue {
        if let pattern = keywords["pattern"]?.stringValue {
            return .string(PatternSampler.text(pattern, &random))
        }
        let minimum = keywords["minLength"]?.integerValue.map(Int.init) ?? 0
        let maximum = keywords["maxLength"]?.integerValue.map(Int.init) ?? max(minimum, 2_000)
        var text = Array(pick(Self.texts).unicodeScalars.prefix(maximum))
        while text.count < minimum { text.append(pick(["a", "é", "😀"])) }
        return .string(String(String.UnicodeScalarView(text)))
    }

    private mutating func integer(_ keywords: JSONObject) -> Int64 {
        let limit = Double(1 << 53)
        let (lowest, highest) = bounds(keywords, from: -limit, to: limit)
        let (low, high) = (Int64(lowest.rounded(.up)), Int64(highest.rounded(.down)))
        guard low < high else { return low }
        let near = Self.integers.filter { (low...high).contains($0) } + [low, high]
        return chance(of: 2, in: 3) ? pick(near) : Int64.random(in: low...high, using: &random)
    }

    private mutating func real(_ keywords: JSONObject) -> Double {
        let (low, high) = bounds(keywords, from: -1e6, to: 1e6)
        return low < high ? low + random.unit() * (high - low) : low
    }

    private func bounds(_ keywords: JSONObject, from low: Double, to high: Double) -> (Double, Double) {
        let above = keywords["exclusiveMinimum"]?.doubleValue.map { $0 + 1 }
        let below = keywords["exclusiveMaximum"]?.doubleValue.map { $0 - 1 }
        let minimum = keywords["minimum"]?.doubleValue ?? above
        let maximum = keywords["maximum"]?.doubleValue ?? below
        let lowest = max(minimum ?? min(low, maximum ?? low), -9e18)
        return (lowest, min(max(maximum ?? high, lowest), 9e18))
    }

    // MARK: - Anything

    /// Texts that programs trip over.
    private static let texts = [
        "", "a", "Ada", "0", "-1", "null", "{}", " ", "a b", "it's", "\"", "\\", "$(id)", "`id`", "%s%n",
        "../..",
        "é", "😀", "\u{202E}abc", "e\u{301}", "line\nbreak", "\t", "\u{0}", "\u{7F}", "--help", "a,b;c", "<b>",
        String(repeating: "x", count: 2_000),
    ]
    private static let integers: [Int64] = [
        0, 1, -1, 2, 10, 255, 256, 65_535, 2_147_483_647, -2_147_483_648, 4_294_967_296, 1 << 53,
    ]

    /// A value that no schema asked for.
    private mutating func stranger() -> JSONValue {
        switch int(0...7) {
        case 0: .null
        case 1: .bool(chance(of: 1, in: 2))
        case 2: .integer(pick(Self.integers))
        case 3: .real(pick([0.5, -0.1, 1e300, 1e-300]))
        case 4: .array([])
        case 5: .object(JSONObject())
        default: .string(pick(Self.texts))
        }
    }

    private func resolved(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#"), let pointer = JSONPointer(parsing: String(reference.dropFirst()))
        else {
            return nil
        }
        return pointer.tokens.reduce(Optional(document)) { $0?[$1] }
    }

    /// Keywords with those of a branch, without the keyword that the branch stands under.
    private static func joined(_ keywords: JSONObject, with branch: JSONValue, without key: String)
        -> JSONValue
    {
        var joined = keywords
        joined[key] = nil
        for (name, value) in branch.objectValue ?? JSONObject() {
            if name == "required", let first = joined[name]?.arrayValue, let second = value.arrayValue {
                joined[name] = .array(first + second)
            } else {
                joined[name] = value
            }
        }
        return .object(joined)
    }

    private mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func chance(of part: Int, in whole: Int) -> Bool { int(1...whole) <= part }
    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[int(0...(elements.count - 1))]
    }
}

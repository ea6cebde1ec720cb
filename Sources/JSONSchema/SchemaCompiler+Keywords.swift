import JSON

extension SchemaCompiler {
    /// Compiles each keyword of a schema in the order of `Keyword`, cheap assertions before deep ones.
    mutating func compile(_ schema: JSONObject, at pointer: JSONPointer) -> SchemaNode {
        for key in schema.keys where Keyword(rawValue: key) == nil {
            refuse(Keyword.unknown(key), at: pointer.appending(key))
        }
        var node = SchemaNode()
        for keyword in Keyword.allCases {
            guard let value = schema[keyword.rawValue] else { continue }
            let place = pointer.appending(keyword.rawValue)
            if let check = check(keyword, value, in: schema, at: place) { node.checks.append(check) }
        }
        node.defaultValue = schema[Keyword.default.rawValue]
        return node
    }

    /// The check of one keyword; nil for annotations, for what another keyword takes in, and for errors.
    private mutating func check(
        _ keyword: Keyword,
        _ value: JSONValue,
        in schema: JSONObject,
        at place: JSONPointer
    ) -> Check? {
        switch keyword {
        case .type: kinds(value, at: place).map(Check.type)
        case .const: .const(value.normalized)
        case .enum: array(value, at: place).map { .enumeration($0.map(\.normalized)) }
        case .minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum:
            number(value, at: place).flatMap { bound in
                Check.Bound(rawValue: keyword.rawValue).map { .bound($0, bound) }
            }
        case .multipleOf: divisor(value, at: place).map(Check.multipleOf)
        case .minLength: count(value, at: place).map { .length(.minimum, $0) }
        case .maxLength: count(value, at: place).map { .length(.maximum, $0) }
        case .minItems: count(value, at: place).map { .itemCount(.minimum, $0) }
        case .maxItems: count(value, at: place).map { .itemCount(.maximum, $0) }
        case .minProperties: count(value, at: place).map { .propertyCount(.minimum, $0) }
        case .maxProperties: count(value, at: place).map { .propertyCount(.maximum, $0) }
        case .pattern: string(value, at: place).flatMap { pattern($0, at: place) }.map(Check.pattern)
        case .format: format(value, at: place).map(Check.format)
        case .uniqueItems: bool(value, at: place) == true ? .uniqueItems : nil
        case .required: names(value, at: place).map(Check.required)
        case .dependentRequired: dependentRequired(value, at: place)
        case .ref: reference(value, at: place).map(Check.reference)
        default: applicator(keyword, value, in: schema, at: place)
        }
    }

    private mutating func applicator(
        _ keyword: Keyword,
        _ value: JSONValue,
        in schema: JSONObject,
        at place: JSONPointer
    ) -> Check? {
        switch keyword {
        case .allOf: return schemas(value, at: place).map(Check.allOf)
        case .anyOf: return schemas(value, at: place).map(Check.anyOf)
        case .oneOf: return schemas(value, at: place).map(Check.oneOf)
        case .not: return .not(node(value, at: place))
        case .propertyNames: return .propertyNames(node(value, at: place))
        case .dependentSchemas: return schemaMap(value, at: place).map(Check.dependentSchemas)
        case .prefixItems:
            guard let prefix = schemas(value, at: place), schema["items"] == nil else { return nil }
            return .items(prefix: prefix, rest: nil)
        case .items: return items(value, in: schema, at: place)
        case .contains: return contains(value, in: schema, at: place)
        case .properties, .patternProperties, .additionalProperties:
            return properties(keyword, in: schema, at: place)
        case .if: return conditional(value, in: schema, at: place)
        default:
            needs(keyword, in: schema, at: place)
            annotation(keyword, value, at: place)
            return nil
        }
    }

    private mutating func items(_ value: JSONValue, in schema: JSONObject, at place: JSONPointer) -> Check? {
        let prefix = schema["prefixItems"]?.arrayValue ?? []
        let base = place.parent?.appending("prefixItems") ?? .root
        let nodes = prefix.enumerated().map { node($1, at: base.appending($0)) }
        return .items(prefix: nodes, rest: node(value, at: place))
    }

    private mutating func contains(_ value: JSONValue, in schema: JSONObject, at place: JSONPointer) -> Check?
    {
        let base = place.parent ?? .root
        let minimum = schema["minContains"].flatMap { count($0, at: base.appending("minContains")) }
        let maximum = schema["maxContains"].flatMap { count($0, at: base.appending("maxContains")) }
        return .contains(node(value, at: place), minimum: minimum ?? 1, maximum: maximum)
    }

    /// One check for the three keywords, made at the first of them that the schema has.
    private mutating func properties(_ keyword: Keyword, in schema: JSONObject, at place: JSONPointer)
        -> Check?
    {
        let group: [Keyword] = [.properties, .patternProperties, .additionalProperties]
        guard keyword == group.first(where: { schema[$0.rawValue] != nil }) else { return nil }
        let base = place.parent ?? .root
        var check = Check.Properties()
        if let named = schema["properties"] {
            check.named = schemaMap(named, at: base.appending("properties")) ?? [:]
            check.order = named.objectValue?.keys ?? []
        }
        if let patterns = schema["patternProperties"] {
            let place = base.appending("patternProperties")
            for (source, schema) in object(patterns, at: place) ?? [:] {
                let place = place.appending(source)
                guard let pattern = pattern(source, at: place) else { continue }
                check.patterns.append((pattern, node(schema, at: place)))
            }
        }
        if let additional = schema["additionalProperties"] {
            check.additional = node(additional, at: base.appending("additionalProperties"))
            check.isClosed = additional == .bool(false)
        }
        return .properties(check)
    }

    private mutating func conditional(
        _ value: JSONValue,
        in schema: JSONObject,
        at place: JSONPointer
    ) -> Check? {
        let base = place.parent ?? .root
        let then = schema["then"].map { node($0, at: base.appending("then")) }
        let otherwise = schema["else"].map { node($0, at: base.appending("else")) }
        return .conditional(if: node(value, at: place), then: then, else: otherwise)
    }

    private mutating func dependentRequired(_ value: JSONValue, at place: JSONPointer) -> Check? {
        guard let object = object(value, at: place) else { return nil }
        var required: [String: [String]] = [:]
        for (key, value) in object { required[key] = names(value, at: place.appending(key)) }
        return .dependentRequired(required)
    }

    /// Refuses a keyword that would do nothing without another.
    private mutating func needs(_ keyword: Keyword, in schema: JSONObject, at place: JSONPointer) {
        let needed: Keyword? =
            switch keyword {
            case .then, .else: .if
            case .minContains, .maxContains: .contains
            default: nil
            }
        guard let needed, schema[needed.rawValue] == nil else { return }
        refuse("\"\(keyword.rawValue)\" does nothing without \"\(needed.rawValue)\"", at: place)
    }

    /// Checks the form of what asserts nothing; definitions are compiled even if nothing refers to them.
    private mutating func annotation(_ keyword: Keyword, _ value: JSONValue, at place: JSONPointer) {
        switch keyword {
        case .defs: _ = schemaMap(value, at: place)
        case .title, .description, .comment: _ = string(value, at: place)
        case .examples: _ = array(value, at: place)
        case .deprecated, .readOnly, .writeOnly: _ = bool(value, at: place)
        case .schema:
            guard let dialect = string(value, at: place) else { return }
            let known = "https://json-schema.org/draft/2020-12/schema"
            guard dialect == known || dialect == known + "#" else {
                return refuse("\"\(dialect)\" is not the dialect that is read here: \(known)", at: place)
            }
        default: break
        }
    }
}

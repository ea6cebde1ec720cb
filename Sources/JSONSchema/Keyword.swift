import Wording

/// The keywords of draft 2020-12 that we know; any other is refused.
enum Keyword: String, CaseIterable {
    case type, `enum`, const
    case minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf
    case minLength, maxLength, pattern, format
    case items, prefixItems, contains, minContains, maxContains, minItems, maxItems, uniqueItems
    case properties, patternProperties, additionalProperties, propertyNames
    case required, minProperties, maxProperties, dependentRequired, dependentSchemas
    case allOf, anyOf, oneOf, not
    case `if`, then, `else`
    case ref = "$ref"
    case defs = "$defs"
    case title, description, `default`, examples, deprecated, readOnly, writeOnly
    case comment = "$comment"
    case schema = "$schema"

    /// What to say of a keyword that we do not know.
    static func unknown(_ name: String) -> String {
        let hint = NearestName.hint(for: name, among: allCases.map(\.rawValue)).map { "; \($0)" } ?? ""
        return "unknown keyword \"\(name)\"\(hint)"
    }
}

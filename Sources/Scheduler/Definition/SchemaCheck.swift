import JSON
import JSONSchema
import YAML

/// Says what is wrong with a JSON Schema that stands in a definition or manifest.
public enum SchemaCheck {
    /// Compiles the schema; each problem becomes an error at its own place.
    public static func check(_ value: SourceValue) {
        do {
            _ = try Schema.compile(value.node.json)
        } catch {
            for problem in error.problems {
                value.diagnostics.add(
                    .error,
                    "in the schema: \(problem.message)",
                    at: value.node.mark(of: problem.pointer),
                    path: JSONPointer(value.pointer.tokens + problem.pointer.tokens)
                )
            }
        }
    }
}

import JSON
import Linux
import YAML

/// What became of a definition's text.
public struct Compilation: Sendable {
    /// Nil if there are errors.
    public var workflow: CompiledWorkflow?
    /// All that is wrong, by place.
    public var diagnostics: [Diagnostic]
    /// SHA-256 in hexadecimal of the tree without comments, layout and order of keys; empty if it is no YAML.
    public var digest: String

    public init(workflow: CompiledWorkflow?, diagnostics: [Diagnostic], digest: String) {
        self.workflow = workflow
        self.diagnostics = diagnostics
        self.digest = digest
    }
}

/// Compiles the text of a workflow, YAML or JSON, to the form that the engine runs.
public enum DefinitionCompiler {
    /// Reads everything there is before it answers, so that all mistakes are named at once.
    public static func compile(_ text: String) -> Compilation {
        let root: YAMLNode
        do {
            root = try YAMLNode.parse(text)
        } catch {
            let mark = error.mark
            let diagnostic = Diagnostic(.error, line: mark.line, column: mark.column, message: error.message)
            return Compilation(workflow: nil, diagnostics: [diagnostic], digest: "")
        }
        let diagnostics = Diagnostics()
        let draft = Draft(source: SourceText(text), diagnostics: diagnostics)
        let workflow = WorkflowReader(draft: draft).workflow(
            SourceValue(root: root, diagnostics: diagnostics)
        )
        return Compilation(
            workflow: diagnostics.hasErrors ? nil : workflow,
            diagnostics: diagnostics.all,
            digest: SHA256.hexadecimal(canonical(root.json).bytes())
        )
    }

    /// The tree with the keys of all objects in order.
    private static func canonical(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(canonical))
        case .object(let object):
            .object(JSONObject(object.sorted { $0.key < $1.key }.map { ($0.key, canonical($0.value)) }))
        default: value
        }
    }
}

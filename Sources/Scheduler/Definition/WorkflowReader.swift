import JSON
import JSONSchema
import YAML

/// Reads the top level of a workflow.
struct WorkflowReader {
    let draft: Draft

    static let keys = [
        "name", "description", "labels", "input", "timeout", "defaults", "steps", "output", "always",
        "on_failure", "concurrency",
    ]
    static let concurrencyKeys = ["key", "limit", "on_conflict"]
    private static let what = "a workflow"

    /// Gives the workflow as far as it could be read; what is wrong with it is in the diagnostics.
    func workflow(_ root: SourceValue) -> CompiledWorkflow? {
        guard let fields = root.fields(Self.what, known: Self.keys) else { return nil }
        let name = fields.required("name", of: Self.what)?.name(.workflow)
        readSteps(fields)
        var workflow = CompiledWorkflow(name: name ?? "", scopes: [], nodes: [])
        workflow.description = fields["description"]?.text()
        workflow.labels = fields["labels"].map(labels) ?? [:]
        workflow.input = fields["input"].flatMap(schema)
        workflow.timeoutMilliseconds = fields["timeout"]?.duration()
        workflow.onFailure = fields["on_failure"]?.choice(FailurePolicy.self) ?? .compensate
        workflow.concurrency = fields["concurrency"].flatMap(concurrency)
        workflow.defaults = fields["defaults"].flatMap(defaults) ?? Settings()
        let programs = ProgramReader(draft: draft, surroundings: .steps, reader: .scope(0))
        workflow.output = fields["output"].map(programs.template)
        Linker.link(draft)
        workflow.scopes = draft.scopes
        workflow.nodes = draft.nodes
        workflow.always = draft.always
        return workflow
    }

    private func readSteps(_ fields: Fields) {
        let steps = StepReader(draft: draft)
        if let list = fields.required("steps", of: Self.what) {
            _ = steps.scope(list, owner: nil, parent: nil, .steps)
        } else {
            _ = draft.addScope(owner: nil, parent: nil)
        }
        draft.always = fields["always"].map {
            steps.scope($0, owner: nil, parent: nil, Surroundings.steps.always)
        }
    }

    private func labels(_ value: SourceValue) -> [String: String] {
        var labels: [String: String] = [:]
        for (key, value) in value.members("a mapping of names to text") ?? [] {
            labels[key] = value.text()
        }
        return labels
    }

    private func schema(_ value: SourceValue) -> JSONValue? {
        guard value.isLiteral else { return nil }
        SchemaCheck.check(value)
        return value.node.json
    }

    private func defaults(_ value: SourceValue) -> Settings? {
        guard let fields = value.fields("`defaults`", known: SettingsReader.defaultsKeys) else { return nil }
        let programs = ProgramReader(draft: draft, surroundings: .run, reader: nil)
        return SettingsReader(expressions: programs.template).settings(fields)
    }

    private func concurrency(_ value: SourceValue) -> RunConcurrency? {
        let what = "`concurrency`"
        guard let fields = value.fields(what, known: Self.concurrencyKeys) else { return nil }
        let programs = ProgramReader(draft: draft, surroundings: .run, reader: nil)
        let key = fields.required("key", of: what).flatMap(programs.text)
        let limit = fields.required("limit", of: what)?.integer(in: 1...1_000_000)
        let conflict = fields["on_conflict"]?.choice(RunConcurrency.Conflict.self) ?? .queue
        guard let key, let limit else { return nil }
        return RunConcurrency(key: key, limit: limit, onConflict: conflict)
    }
}

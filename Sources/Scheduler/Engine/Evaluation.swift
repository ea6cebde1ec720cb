import JSON
import Linux

/// From where an expression looks: its scope, its item, and the step that it is about.
struct Place {
    var scope: Int
    var index = -1
    /// Names of this place alone: `with`, `output`, `error`, `round`.
    var own: JSONObject = [:]
}

extension Deciding {
    /// The value of a program at a place; nil when it yields nothing.
    ///
    /// - Throws: ``Interrupt`` when a result that it reads is not at hand, ``StepError`` when it fails.
    func evaluate(_ program: CompiledProgram, at place: Place) throws -> JSONValue? {
        if let constant = program.constant { return constant.value }
        return try program.evaluate(in: try context(of: program.reads, at: place), now: now)
    }

    /// The value as a document; nothing is `null`.
    func payload(_ program: CompiledProgram, at place: Place) throws -> Payload {
        if let constant = program.constant { return constant }
        return Payload(try evaluate(program, at: place) ?? .null)
    }

    /// Whether a condition holds, as JSONata's `$boolean` judges; nothing is false.
    func holds(_ program: CompiledProgram, at place: Place) throws -> Bool {
        try evaluate(program, at: place)?.isTruthy ?? false
    }

    /// The value of a key that cannot do without one.
    func required(_ program: CompiledProgram, _ key: String, at place: Place) throws -> JSONValue {
        guard let value = try evaluate(program, at: place) else {
            throw StepError(
                type: ErrorType.expressionError,
                message: "`\(key)` yields nothing; give it a value"
            )
        }
        return value
    }

    /// The value of a key that must be text.
    func requiredText(_ program: CompiledProgram, _ key: String, at place: Place) throws -> String {
        let value = try required(program, key, at: place)
        guard let text = value.stringValue else {
            throw StepError(
                type: ErrorType.expressionError,
                message: "`\(key)` must be text, not \(value.kind); use $string"
            )
        }
        return text
    }

    /// An object of no more than what is read.
    private func context(of reads: Reads, at place: Place) throws -> JSONValue {
        var context = JSONObject()
        if reads.has("input") { context["input"] = view.facts.input.value }
        if reads.has("run") { context["run"] = .object(runObject(at: place)) }
        if reads.has("steps") { context["steps"] = .object(try steps(of: reads, at: place)) }
        try addItems(to: &context, reads: reads, at: place)
        if reads.has("vars") { context["vars"] = .object(variables(at: place)) }
        for (name, value) in place.own { context[name] = value }
        return .object(context)
    }

    private func runObject(at place: Place) -> JSONObject {
        let facts = view.facts
        let labels = facts.labels.sorted { $0.key < $1.key }
        var run: JSONObject = [
            "id": .string((facts.undoes ?? view.run).description),
            "workflow": .string(definition.workflow.name),
            "version": .integer(Int64(definition.stored.version)),
            "labels": .object(JSONObject(labels.map { ($0.key, .string($0.value)) })),
            "started_at": (state.startedAt ?? now).json,
            "attempt": 1,
        ]
        run["key"] = facts.key.map { .string($0) }
        run["scheduled_at"] = facts.scheduledAt?.json
        if state.always != 0, let conclusion = state.conclusion {
            run["status"] = .string(conclusion.status.rawValue)
            run["error"] = conclusion.error?.json ?? .null
        }
        return run
    }

    private func variables(at place: Place) -> JSONObject {
        var vars = JSONObject()
        var scope = state.scopes[place.scope]
        while let current = scope {
            for (name, value) in current.vars where vars[name] == nil { vars[name] = value }
            scope = state.scopes[current.parent]
        }
        return vars
    }

    /// Items and their numbers, the innermost first.
    private func addItems(to context: inout JSONObject, reads: Reads, at place: Place) throws {
        var (scope, index) = (state.scopes[place.scope], place.index)
        while let current = scope {
            let spec = current.ownerNode >= 0 ? definition.nodes[current.ownerNode].spec : nil
            if current.kind == .items, let forEach = spec?.forEach {
                if reads.has(forEach.itemName), context[forEach.itemName] == nil {
                    context[forEach.itemName] = try items(of: current.owner)[index] ?? .null
                }
                if context[forEach.indexName] == nil { context[forEach.indexName] = .integer(Int64(index)) }
            }
            if current.kind == .rounds, context["round"] == nil { context["round"] = .integer(Int64(index)) }
            index = current.ownerIndex
            scope = state.scopes[current.parent]
        }
    }

    /// The items of a foreach, which are its input.
    func items(of step: Int) throws -> JSONValue {
        if let input = result(of: step)?.input { return input.value }
        if state.steps[step] != nil {
            // The step has just been reopened, or its input is in the store.
            if let row = written[step] { return row.input.value }
            throw Interrupt.needs(Needs(inputs: [step]))
        }
        return try results(of: [step]).first?.input?.value ?? .array([])
    }
}

extension Reads {
    func has(_ name: String) -> Bool { everything || names.contains(name) }
    func hasStep(_ id: String) -> Bool { everything || allSteps || steps.contains(id) }
}

// MARK: - Steps

extension Deciding {
    private func steps(of reads: Reads, at place: Place) throws -> JSONObject {
        var found = JSONObject()
        var missing: Set<Int> = []
        var scope = place.scope
        while let current = state.scopes[scope] {
            if current.spec >= 0 {
                let plan = definition.scopes[current.spec]
                for node in plan.spec.nodes {
                    let id = definition.nodes[node].spec.id
                    guard reads.hasStep(id), found[id] == nil else { continue }
                    let step = current.begun[definition.positions[node]]
                    found[id] = step == 0 ? neverRan : result(of: step, missing: &missing)
                }
            }
            scope = current.parent
        }
        guard missing.isEmpty else { throw Interrupt.needs(Needs(results: missing)) }
        return found
    }

    /// Only the `always` steps can see a step that never ran.
    private var neverRan: JSONValue? {
        state.always == 0 ? nil : ["status": "cancelled", "output": nil]
    }

    private func result(of step: Int, missing: inout Set<Int>) -> JSONValue? {
        if state.steps[step] != nil { return ["status": "running", "output": nil] }
        guard let result = result(of: step) else {
            missing.insert(step)
            return nil
        }
        return result.json
    }

    /// Results of ended steps, in the order asked for.
    func results(of steps: [Int]) throws -> [StepResult] {
        let missing = steps.filter { result(of: $0) == nil }
        guard missing.isEmpty else { throw Interrupt.needs(Needs(results: Set(missing))) }
        return steps.compactMap(result)
    }

    /// What a handler or a compensation sees of its step: `with`, `output`, `error`.
    func namesOf(_ step: Int) throws -> JSONObject {
        if let live = state.steps[step] {
            let plan = plan(of: live)
            let task = plan.runsProgram || plan.spec.action.isChild ? try task(step) : nil
            return [
                "with": task?.row.input.value ?? .null, "output": nil,
                "error": live.failure?.json ?? .null,
            ]
        }
        guard let result = try results(of: [step]).first else { return [:] }
        return [
            "with": result.input?.value ?? .null, "output": result.output.value,
            "error": result.error?.json ?? .null,
        ]
    }
}

extension StepResult {
    /// As `steps.ID` in an expression.
    fileprivate var json: JSONValue {
        [
            "status": .string(status.rawValue), "output": output.value, "error": error?.json ?? .null,
            "attempts": .integer(Int64(attempts)), "artifacts": artifacts ?? [:],
        ]
    }
}

extension Timestamp {
    var json: JSONValue { .string(rfc3339) }

    func milliseconds(until later: Timestamp) -> Int64 { (later.microseconds - microseconds) / 1_000 }
}

extension JSONValue {
    /// JSONata's `$boolean`: empty and zero are false, and so is an array in which nothing is true.
    var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .real(let value): value != 0
        case .string(let value): !value.isEmpty
        case .array(let elements): elements.contains { $0.isTruthy }
        case .object(let object): !object.isEmpty
        }
    }
}

import JSON
import Linux

// How a step begins: `when`, then `foreach`, then `repeat`, then its action.

extension Deciding {
    /// Starts the node at a position of a dag or machine, if it is still due.
    mutating func begin(_ position: Int, in number: Int) throws {
        guard let scope = state.scopes[number], scope.isRunning else { return }
        let isDue =
            scope.kind == .machine
            ? scope.cursor == position : scope.begun[position] == 0 && scope.counts[position] == 0
        guard isDue else { return }
        guard state.nextStep <= decider.limits.steps, state.lastSeq < decider.limits.events else {
            return try failTooLarge(in: number)
        }
        var instance = Instance(scope: number, node: definition.scopes[scope.spec].spec.nodes[position])
        if scope.kind == .machine { instance.index = scope.counts[position] + 1 }
        try start(instance)
    }

    /// The run as a whole fails; nothing inside catches it.
    mutating func failTooLarge(in scope: Int) throws {
        let error = StepError(
            type: ErrorType.runTooLarge,
            message: "the run has \(state.nextStep - 1) steps and \(state.lastSeq) events, which is the limit"
        )
        let isOpen = state.scopes[state.root]?.isRunning == true
        try fail(scope: isOpen ? state.root : scope, error)
    }

    /// Starts a step as a whole: a node, a handler, a compensation or what a program emitted.
    mutating func start(_ instance: Instance) throws {
        let plan = plan(of: instance)
        if let when = plan.when {
            do {
                guard try holds(when, at: try place(of: instance)) else { return try skip(instance) }
            } catch let error as StepError {
                // `when` is outside of `catch`: nothing handles its error.
                let number = emit(.stepEntered, beginning: instance)
                return try finish(number, .stepFailed, error: error)
            }
        }
        try startBelowCondition(instance, plan)
    }

    /// Starts an item of a foreach or the step itself, without asking `when`.
    mutating func startBelowCondition(_ instance: Instance, _ plan: NodePlan) throws {
        let kind = instance.of == 0 ? state.scopes[instance.scope]?.kind : nil
        do {
            if instance.of == 0, let forEach = plan.spec.forEach, kind != .items, kind != .rounds {
                try openItems(instance, plan, forEach)
            } else if instance.of == 0, plan.spec.repeating != nil, kind != .rounds {
                let number = emit(.stepEntered, beginning: instance)
                keep(number, input: .null)
                openScope(.rounds, owner: number)
                follow(.round(scope: state.nextScope - 1))
            } else {
                try act(instance, plan)
            }
        } catch let error as StepError {
            let number = emit(.stepEntered, beginning: instance)
            try fail(number, error)
        }
    }

    private mutating func skip(_ instance: Instance) throws {
        let number = emit(.stepEntered, beginning: instance)
        try finish(number, .stepSkipped)
    }

    private mutating func openItems(_ instance: Instance, _ plan: NodePlan, _ forEach: ForEach) throws {
        guard let program = plan.items else { return }
        let value = try evaluate(program, at: try place(of: instance))
        let items: [JSONValue] =
            switch value {
            case nil: []
            case .array(let items)?: items
            case let single?: [single]
            }
        let number = emit(.stepEntered, beginning: instance)
        keep(number, input: Payload(.array(items)))
        openScope(.items, owner: number, ["total": .integer(Int64(items.count))])
        let scope = state.nextScope - 1
        follow(items.isEmpty ? .close(scope: scope) : .fill(scope: scope))
    }
}

// MARK: - Actions

extension Deciding {
    private mutating func act(_ instance: Instance, _ plan: NodePlan) throws {
        switch plan.spec.action {
        case .plugin, .script, .program: try queue(instance, plan)
        case .sleep, .until: try wait(instance, plan)
        case .set, .pass:
            let place = try place(of: instance)
            let value = try plan.argument.map { try payload($0, at: place) } ?? .null
            let number = emit(.stepEntered, beginning: instance)
            try complete(number, value)
        case .fail: try failOnPurpose(instance, plan)
        case .group(let scope): _ = openGroup(instance, plan, scope: scope)
        case .choice(let branches): try choose(instance, plan, branches)
        case .wait: try awaitSignal(instance, plan)
        case .child(let call): try startChild(instance, plan, call)
        }
    }

    private mutating func failOnPurpose(_ instance: Instance, _ plan: NodePlan) throws {
        guard let type = plan.argument, let message = plan.message else { return }
        let place = try place(of: instance)
        let error = StepError(
            type: try requiredText(type, "fail.type", at: place),
            message: try requiredText(message, "fail.message", at: place),
            retryable: false
        )
        let number = emit(.stepEntered, beginning: instance)
        try fail(number, error)
    }

    private mutating func openGroup(_ instance: Instance, _ plan: NodePlan, scope: Int) -> Int {
        let timer = plan.settings.timeoutMilliseconds
        let number = emit(
            .stepEntered,
            beginning: instance,
            timer == nil ? [:] : ["timer": .string(TimerKind.timeout.rawValue)]
        )
        keep(number, input: .null)
        if let timer { arm(.timeout, of: number, .after(milliseconds: timer)) }
        open(specScope: scope, owner: number)
        return number
    }

    private mutating func choose(_ instance: Instance, _ plan: NodePlan, _ branches: [Branch]) throws {
        let place = try place(of: instance)
        for (index, branch) in branches.enumerated() {
            if let when = plan.branches[index], !(try holds(when, at: place)) { continue }
            let number = openGroup(instance, plan, scope: branch.scope)
            emit(.branchTaken, step: number, ["branch": .integer(Int64(index))])
            return
        }
        let number = emit(.stepEntered, beginning: instance)
        emit(.branchTaken, step: number, ["branch": .null])
        try complete(number, Payload(["branch": nil, "output": nil]))
    }

    private mutating func wait(_ instance: Instance, _ plan: NodePlan) throws {
        guard let program = plan.argument else { return }
        let place = try place(of: instance)
        let due: NewTimer.Due
        if case .until = plan.spec.action {
            let text = try requiredText(program, "until", at: place)
            guard let time = Timestamp(rfc3339: text) else {
                throw StepError(
                    type: ErrorType.expressionError,
                    message: "`until` must be an RFC 3339 time, not \"\(text)\""
                )
            }
            due = .at(time)
        } else {
            due = .after(milliseconds: try milliseconds(program, "sleep", at: place))
        }
        let number = emit(
            .stepWaiting,
            beginning: instance,
            ["timer": .string(TimerKind.sleep.rawValue), "due": due.json]
        )
        keep(number, input: .null)
        arm(.sleep, of: number, due)
    }
}

extension NewTimer.Due {
    fileprivate var json: JSONValue {
        switch self {
        case .after(let milliseconds): .integer(milliseconds)
        case .at(let time): time.json
        }
    }
}

// MARK: - Queueing

extension Deciding {
    /// Evaluates once what a step's program is given, and puts it into its queue.
    private mutating func queue(_ instance: Instance, _ plan: NodePlan) throws {
        let place = try place(of: instance)
        let input = try plan.argument.map { try payload($0, at: place) } ?? .emptyObject
        let queue = try plan.queue.map { try requiredText($0, "queue", at: place) } ?? "default"
        var spec = TaskSpec(node: instance.own == nil ? instance.node : nil, own: instance.own)
        spec.phase = phase(of: instance, plan)
        spec.idempotencyKey = try plan.idempotencyKey.map { try key($0, at: place) }
        spec.environment = try environment(plan, at: place)
        spec.admission = try admission(plan, at: place)
        spec.needs = plan.needs
        if spec.phase == .compensate { spec.stepKey = try stepKey(of: instance) }
        var instance = instance
        instance.priority = try plan.priority.map { try priority($0, at: place) } ?? view.facts.priority
        let number = emit(.stepQueued, beginning: instance, queueTimer(plan))
        let path = path(of: number)
        if let undone = view.facts.undoes, spec.idempotencyKey == nil {
            spec.idempotencyKey = "\(undone)/\(path)"
        }
        written[number] = NewTask(
            step: number,
            path: path,
            status: state.paused ? .blocked : .ready,
            queue: queue,
            priority: instance.priority,
            level: definition.workflow.level,
            attempt: instance.attempt,
            spec: spec,
            input: input,
            attempts: instance.receipts,
            boundMilliseconds: plan.settings.bound
        )
        armQueueTimeout(number, plan)
    }

    private func key(_ program: CompiledProgram, at place: Place) throws -> String {
        let value = try required(program, "idempotency_key", at: place)
        return value.stringValue ?? value.serialized()
    }

    func priority(_ program: CompiledProgram, at place: Place) throws -> Int {
        let value = try required(program, "priority", at: place)
        guard let priority = value.integerValue, (-100...100).contains(priority) else {
            throw StepError(
                type: ErrorType.expressionError,
                message: "`priority` must be an integer from -100 to 100, not \(value.serialized())"
            )
        }
        return Int(priority)
    }

    private func environment(_ plan: NodePlan, at place: Place) throws -> [String: String] {
        var environment: [String: String] = [:]
        for (name, program) in plan.environment {
            let value = try required(program, "env.\(name)", at: place)
            environment[name] = value.stringValue ?? value.serialized()
        }
        return environment
    }

    /// The key under which the step ran that a compensation undoes.
    private func stepKey(of instance: Instance) throws -> String? {
        guard let entry = state.undo.last(where: { $0.step == instance.of }) else { return nil }
        guard let original = state.undoneNode(entry, definition),
            let program = definition.nodes[original].idempotencyKey
        else { return "\(view.facts.undoes ?? view.run)/\(entry.path)" }
        return try key(program, at: Place(scope: entry.scope, index: entry.index))
    }

    private func phase(of instance: Instance, _ plan: NodePlan) -> StepPhase {
        switch plan.spec.role {
        case .compensation: return .compensate
        case .handler: return .catch
        case .step: break
        }
        var scope = instance.scope
        while let current = state.scopes[scope] {
            if scope == state.always { return .always }
            // Inside a handler or a compensation that is a group, the phase is theirs.
            if current.ownerNode >= 0 {
                switch definition.nodes[current.ownerNode].spec.role {
                case .compensation: return .compensate
                case .handler: return .catch
                case .step: break
                }
            }
            scope = current.parent
        }
        return .step
    }

    func queueTimer(_ plan: NodePlan) -> JSONObject {
        guard plan.settings.queueTimeoutMilliseconds != nil else { return [:] }
        return ["timer": .string(TimerKind.queueTimeout.rawValue)]
    }

    mutating func armQueueTimeout(_ number: Int, _ plan: NodePlan) {
        guard let milliseconds = plan.settings.queueTimeoutMilliseconds else { return }
        arm(.queueTimeout, of: number, .after(milliseconds: milliseconds))
    }
}

extension RunState {
    /// The node whose effect an entry undoes.
    func undoneNode(_ entry: Undo, _ definition: Definition) -> Int? {
        guard case .compensation(let node) = definition.nodes[entry.node].spec.role else { return nil }
        return definition.nodes.indices.contains(node) ? node : nil
    }
}

extension Settings {
    /// The longest that an attempt may take, grace included; 0 for no bound.
    var bound: Int64 {
        guard let timeoutMilliseconds else { return 0 }
        return timeoutMilliseconds + (graceMilliseconds ?? Settings.engine.graceMilliseconds ?? 0)
    }
}

// MARK: - Places

extension Deciding {
    func plan(of instance: Instance) -> NodePlan {
        if let own = instance.own { return NodePlan(own, defaults: definition.workflow.defaults) }
        return definition.nodes[instance.node]
    }

    func plan(of step: StepState) -> NodePlan {
        if let own = step.own { return NodePlan(own, defaults: definition.workflow.defaults) }
        return definition.nodes[step.node]
    }

    /// Where the expressions of a step that begins look from.
    func place(of instance: Instance) throws -> Place {
        var place = Place(scope: instance.scope, index: instance.index)
        if instance.of != 0 {
            place.own = try namesOf(instance.of)
        } else if let scope = state.scopes[instance.scope], scope.kind == .rounds {
            let last = try scope.last == 0 ? nil : results(of: [scope.last]).first
            place.own = ["round": .integer(Int64(instance.index)), "output": last?.output.value ?? .null]
        }
        return place
    }

    /// Where the expressions of a live step look from.
    func place(of step: StepState) throws -> Place {
        var instance = Instance(scope: step.scope, node: step.node)
        instance.index = step.index
        instance.of = step.of
        return try place(of: instance)
    }
}

import JSON
import Linux

// How scopes open, fill, fail and close.

extension Deciding {
    /// Opens a scope of the definition, and starts what may start.
    mutating func open(specScope: Int, owner: Int) {
        let kind: ScopeState.Kind =
            switch definition.scopes[specScope].spec.kind {
            case .dag: .dag
            case .machine: .machine
            case .program: .program
            }
        openScope(kind, owner: owner, ["spec": .integer(Int64(specScope))])
        let number = state.nextScope - 1
        guard let scope = state.scopes[number] else { return }
        if scope.isOver { return follow(.close(scope: number)) }
        switch kind {
        case .machine: follow(.begin(scope: number, position: scope.cursor))
        default:
            for position in scope.counts.indices where scope.counts[position] == 0 {
                follow(.begin(scope: number, position: position))
            }
        }
    }

    mutating func openScope(_ kind: ScopeState.Kind, owner: Int, _ more: JSONObject = [:]) {
        var data: JSONObject = [
            "scope": .integer(Int64(state.nextScope)), "kind": .integer(Int64(kind.rawValue)),
            "owner": .integer(Int64(owner)),
        ]
        for (key, value) in more { data[key] = value }
        emit(.scopeOpened, path: owner == 0 ? nil : path(of: owner), data)
    }

    /// Starts the first round, or asks whether the last was enough.
    mutating func judgeRound(in number: Int) throws {
        guard let scope = state.scopes[number], scope.isRunning, scope.live == 0,
            let owner = state.steps[scope.owner], !owner.timers.contains(.round),
            let repeating = definition.nodes[scope.ownerNode].spec.repeating
        else { return }
        guard scope.last != 0 else { return try startRound(number, scope) }
        do {
            if try isEnough(scope) {
                emit(.scopeClosed, path: path(of: scope.owner), ["scope": .integer(Int64(number))])
                return try complete(scope.owner, try results(of: [scope.last])[0].output)
            }
        } catch let error as StepError {
            return try fail(scope: number, error)
        }
        if let max = repeating.max, scope.ended >= max {
            let message = "`until` did not hold after \(max) rounds"
            return try fail(scope: number, StepError(type: ErrorType.repeatLimit, message: message))
        }
        guard repeating.delayMilliseconds > 0 else { return try startRound(number, scope) }
        emit(.timerSet, step: scope.owner, ["timer": .string(TimerKind.round.rawValue)])
        arm(.round, of: scope.owner, .after(milliseconds: repeating.delayMilliseconds))
    }

    private func isEnough(_ scope: ScopeState) throws -> Bool {
        guard let until = definition.nodes[scope.ownerNode].until else { return true }
        let last = try results(of: [scope.last])[0]
        let own: JSONObject = [
            "output": last.output.value, "with": last.input?.value ?? .null,
            "error": last.error?.json ?? .null,
            "round": .integer(Int64(scope.ended - 1)),
        ]
        return try holds(until, at: Place(scope: scope.parent, index: scope.ownerIndex, own: own))
    }

    mutating func startRound(_ number: Int, _ scope: ScopeState) throws {
        let instance = Instance(scope: number, node: scope.ownerNode, index: scope.ended)
        try startBelowCondition(instance, definition.nodes[scope.ownerNode])
    }
}

// MARK: - The end of a scope

extension Deciding {
    /// Everything in the scope is over: it succeeds, or what failed in it goes up.
    mutating func close(_ number: Int) throws {
        guard let scope = state.scopes[number], scope.isOver else { return }
        if scope.owner == 0 { return try closeTop(number, scope) }
        // A program is over when its process is.
        if scope.kind == .program, state.steps[scope.owner]?.stage == .queued { return }
        var outcome = Result<Payload, StepError>.success(.null)
        if let error = scope.error {
            outcome = .failure(error)
        } else if scope.isRunning {
            do {
                outcome = .success(try output(of: number, scope))
            } catch let error as StepError {
                outcome = .failure(error)
            }
        }
        emit(.scopeClosed, path: path(of: scope.owner), ["scope": .integer(Int64(number))])
        guard let owner = state.steps[scope.owner], owner.child == number else { return }
        switch outcome {
        case .failure(let error): try fail(scope.owner, error)
        case .success where scope.stop == .cancelled: try finish(scope.owner, .stepCancelled)
        case .success(let output): try complete(scope.owner, output)
        }
    }

    /// What a scope that succeeded gives to its step.
    private func output(of number: Int, _ scope: ScopeState) throws -> Payload {
        if scope.kind == .items {
            return try itemsOutput(of: number, scope)
        }
        let own = try scopeOutput(number, scope)
        guard scope.ownerNode >= 0, case .choice(let branches) = definition.nodes[scope.ownerNode].spec.action
        else { return own }
        let branch = branches.firstIndex { $0.scope == scope.spec } ?? 0
        return Payload(["branch": .integer(Int64(branch)), "output": own.value])
    }

    private func scopeOutput(_ number: Int, _ scope: ScopeState) throws -> Payload {
        guard scope.spec >= 0 else { return .null }
        let plan = definition.scopes[scope.spec]
        if let program = plan.output {
            return try payload(program, at: Place(scope: number, index: scope.ownerIndex))
        }
        let begun = plan.spec.nodes.indices.filter { scope.begun[$0] != 0 }
        let results = try results(of: begun.map { scope.begun[$0] })
        let members = zip(begun, results).map { position, result in
            (definition.nodes[plan.spec.nodes[position]].spec.id, result.output.value)
        }
        return try bounded(Payload(.object(JSONObject(members))))
    }

    /// The output of a foreach or group, which may have 64 MiB.
    private func bounded(_ payload: Payload) throws -> Payload {
        try checkJoined(bytes: payload.text.utf8.count, instead: "give the group an `output:`")
        return payload
    }

    func checkJoined(bytes: Int, instead: String) throws {
        guard bytes > ItemOutputs.bytesLimit else { return }
        throw StepError(
            type: ErrorType.outputLimit,
            message: "the joined output has \(bytes) bytes, more than 64 MiB; \(instead)"
        )
    }

    /// A scope fails: what runs in it is told to stop, what waits is over at once.
    mutating func fail(scope number: Int, _ error: StepError) throws {
        try stop(scope: number, ["error": error.json])
    }

    mutating func cancel(scope number: Int) throws {
        try stop(scope: number, ["cancelled": true])
    }

    private mutating func stop(scope number: Int, _ more: JSONObject) throws {
        guard let scope = state.scopes[number], scope.isRunning else { return }
        var data: JSONObject = ["scope": .integer(Int64(number))]
        for (key, value) in more { data[key] = value }
        emit(.scopeFailing, path: scope.owner == 0 ? nil : path(of: scope.owner), data)
        let members = state.steps.filter { $0.value.scope == number && $0.value.of == 0 }.keys.sorted()
        for step in members { try stop(step: step) }
        if scope.kind == .program, let owner = state.steps[scope.owner], owner.stage == .queued {
            try stopTask(scope.owner, owner)
        }
        if state.scopes[number]?.isOver == true { follow(.close(scope: number)) }
    }

    /// Ends a step that nobody works on, and asks whoever works on it to stop.
    mutating func stop(step number: Int) throws {
        guard let step = state.steps[number] else { return }
        switch step.stage {
        case .entered, .waiting, .backoff:
            if let child = step.childRun { return try stopChild(number, child) }
            try finish(number, .stepCancelled)
        case .open: try cancel(scope: step.child)
        case .handling: try stop(step: step.helper)
        // What is being undone is undone to the end.
        case .undoing, .ended: break
        case .queued:
            if step.child != 0 { try cancel(scope: step.child) }
            try stopTask(number, step)
        }
    }

    private mutating func stopTask(_ number: Int, _ step: StepState) throws {
        guard let task = try task(number), task.token != nil else {
            if isStored(number) { hold(number, token: nil) }
            return try finish(number, .stepCancelled)
        }
        guard !step.stopping else { return }
        transition.cancels.append(number)
        emit(.stepCancelRequested, step: number)
    }
}

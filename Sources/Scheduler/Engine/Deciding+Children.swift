import JSON
import Linux

// Child runs: what a parent tells them, and what their ends mean for its steps.

extension Deciding {
    /// Orders the child run of a `workflow` step, which waits for its end.
    mutating func startChild(_ instance: Instance, _ plan: NodePlan, _ call: ChildCall) throws {
        let depth = (view.facts.parent?.depth ?? 0) + 1
        guard depth <= decider.limits.depth else {
            throw StepError(
                type: ErrorType.runTooLarge,
                message: "the run is \(depth - 1) levels below its root, which is the limit: "
                    + "does a workflow start itself?"
            )
        }
        let place = try place(of: instance)
        let input = try plan.argument.map { try payload($0, at: place) } ?? .emptyObject
        var instance = instance
        instance.priority = try plan.priority.map { try priority($0, at: place) } ?? view.facts.priority
        let child = childRun(of: instance.number ?? state.nextStep)
        var data: JSONObject = [
            "child": .string(child.description), "workflow": .string(call.workflow),
        ]
        let timeout = plan.settings.timeoutMilliseconds
        if timeout != nil { data["timer"] = .string(TimerKind.timeout.rawValue) }
        let number = emit(.stepWaiting, beginning: instance, data)
        keep(number, input: input)
        if let timeout { arm(.timeout, of: number, .after(milliseconds: timeout)) }
        let order = ChildOrder(
            workflow: call.workflow,
            version: call.version.flatMap { Int($0) },
            input: input,
            priority: instance.priority,
            parent: link(of: number, depth: depth),
            trace: RunTrace(run: view.run, caller: state.caller).context(ofStep: number)
        )
        send(.start(order), to: child, about: number)
    }

    /// The identity of a step's child: the same whoever decides, and of no other step.
    private func childRun(of step: Int) -> RunID {
        var random = SplitMix64(state: view.run.high ^ view.run.low &* 31 ^ UInt64(step) << 32)
        return RunID(
            milliseconds: now.microseconds / 1_000,
            random: (random.next(), random.next())
        )
    }

    private func link(of step: Int, depth: Int) -> ParentLink {
        ParentLink(
            run: view.run,
            step: step,
            path: path(of: step),
            root: view.facts.parent?.root ?? view.run,
            depth: depth
        )
    }

    mutating func send(_ content: Message.Content, to run: RunID, about step: Int) {
        let key = Message.Key(source: view.run, seq: state.lastSeq, step: step)
        transition.messages.append(Message(key: key, run: run, content: content))
    }

    /// Tells every child that is live, about its step.
    mutating func tellChildren(_ content: Message.Content) {
        for number in state.steps.keys.sorted() {
            if let child = state.steps[number]?.childRun { send(content, to: child, about: number) }
        }
    }

    /// Asks a child to stop; its step is over when the child is.
    mutating func stopChild(_ number: Int, _ child: RunID) throws {
        guard state.steps[number]?.stopping == false else { return }
        if let index = transition.messages.firstIndex(where: { $0.run == child && $0.content.begins }) {
            // It was ordered in this very transition.
            transition.messages.remove(at: index)
            return try finish(number, .stepCancelled)
        }
        emit(.stepCancelRequested, step: number)
        send(.cancel(reason: "its parent step \(path(of: number)) was cancelled"), to: child, about: number)
    }

    /// The step's `timeout` has passed: the child is cancelled, and the step fails once it has ended.
    mutating func childOverdue(_ number: Int, _ step: StepState, _ child: RunID) {
        guard !step.stopping else { return }
        let message = "the child run took longer than the step's `timeout`"
        let error = StepError(type: ErrorType.timeout, message: message)
        emit(.stepCancelRequested, step: number, ["error": error.json])
        send(.cancel(reason: message), to: child, about: number)
    }

    mutating func childEnded(_ number: Int, _ child: RunID, _ end: ChildEnd) throws {
        guard let step = state.steps[number], step.childRun == child, step.stage == .waiting else {
            throw Interrupt.ignored("step \(number) does not wait for run \(child)")
        }
        endedChild = (number, end)
        if end.status == .succeeded { return try complete(number, end.output ?? .null) }
        let own = end.error ?? StepError(type: ErrorType.cancelled, message: "run \(child) was \(end.status)")
        if step.stopping, end.status != .failed { return try finish(number, .stepCancelled, error: own) }
        if end.compensation == .failed, !step.isCompensation(definition) {
            emit(.compensationFailed, ["error": own.json])
        }
        try fail(number, step.failure ?? own)
    }

    /// Tells the parent how the run has ended.
    mutating func tellParent(_ end: RunEnd) {
        guard let parent = view.facts.parent else { return }
        let owesUndoing = definition.workflow.onFailure == .compensate && end.status != .terminated
        let tells = end.status == .succeeded || view.facts.undoes != nil
        let message = ChildEnd(
            status: end.status,
            compensation: end.compensation,
            output: end.output,
            error: end.error,
            done: owesUndoing && tells ? state.done : []
        )
        send(.ended(message), to: parent.run, about: parent.step)
    }
}

// MARK: - Undoing

extension Deciding {
    /// Begins a run that undoes what another has done.
    mutating func beginUndoing(_ undoing: Undoing, _ actor: Actor) {
        let data: JSONObject = ["of": .string(undoing.of.description), "state": .string(undoing.state)]
        emit(.undoStarted, actor.data(adding: data))
        follow(.run)
    }

    /// Lets a new run undo what a child has done since anything else was; `serving` 0 is the run.
    mutating func undoChild(_ entry: RunState.Undo, _ child: RunState.ChildDone, serving: Int) {
        guard let last = child.done.last else { return }
        var spec = NodeSpec(id: "", role: .compensation(of: -1), scope: 0, action: .pass)
        spec.action = .child(ChildCall(workflow: definition.workflow.name))
        var instance = Instance(scope: entry.scope, node: -1, own: spec, index: entry.index, of: entry.step)
        instance.serves = serving
        let others = state.undo.filter { $0.step != entry.step }
            .filter { serving == 0 || state.isWithin($0, step: serving) }
        let latest = others.map(\.latest).max() ?? Timestamp(microseconds: 0)
        // What was done at one instant has no order; undoing must come on.
        let after = min(latest, Timestamp(microseconds: last.microseconds - 1))
        let linked = childRun(of: state.nextStep)
        let data: JSONObject = [
            "child": .string(linked.description), "undoes": .string(child.run.description),
            "after": .integer(after.microseconds),
        ]
        let number = emit(.stepWaiting, beginning: instance, data)
        keep(number, input: .null)
        let depth = (view.facts.parent?.depth ?? 0) + 1
        let order = UndoOrder(
            of: child.run,
            after: after,
            upTo: last,
            within: entry.node == RunState.Undo.byOrigin ? entry.path : nil,
            parent: link(of: number, depth: depth)
        )
        send(.undo(order), to: linked, about: number)
    }

    /// What an end says of the child that the step waited for.
    func childFacts(_ number: Int, _ step: StepState, _ kind: HistoryEvent.Kind) -> JSONObject {
        guard let (ended, end) = endedChild, ended == number else { return [:] }
        let done = JSONValue.array(end.done.map { .integer($0.microseconds) })
        if step.isCompensation(definition) { return kind == .stepFailed ? ["left": done] : [:] }
        let isOurs = kind == .stepSucceeded && plan(of: step).spec.compensation == nil && !end.done.isEmpty
        guard isOurs, let child = step.childRun else { return [:] }
        return ["undo_child": .string(child.description), "done": done]
    }
}

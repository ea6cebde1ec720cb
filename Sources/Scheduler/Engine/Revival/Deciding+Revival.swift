import JSON
import Linux

// A run that has ended goes on where it stands.

extension Deciding {
    mutating func revive(_ revival: Revival) throws {
        guard view.isEnded else { throw Interrupt.refused("the run is live: there is nothing to retry") }
        transition.withdraws = Withdrawal(
            lastSeq: revival.state.lastSeq,
            steps: revival.withdrawn,
            slot: try? runSlot()
        )
        revived = Set(revival.restarts.map(\.number)).union(revival.reopened.keys)
        emit(.runRetried, facts(revival))
        if let timeout = timeout(revival) {
            transition.timers.append(NewTimer(step: 0, kind: .runTimeout, due: .after(milliseconds: timeout)))
        }
        for (number, input) in revival.reopened.sorted(by: { $0.key < $1.key }) {
            reopen(number, input: input, child: revival.children[number], revival.actor)
        }
        for restart in revival.restarts { try begin(restart, revival.resolved, revival.actor) }
        if let resolved = revival.resolved, revival.restarts.isEmpty {
            try resolveUndoing(resolved, revival.actor)
        }
        for work in state.dueWork(definition) { follow(work) }
    }

    private func facts(_ revival: Revival) -> JSONObject {
        var data: JSONObject = [
            "state": .string(revival.state.encoded),
            "steps": .array(revival.restarts.map { .integer(Int64($0.number)) }),
            "withdrawn": .array(revival.withdrawn.map { .integer(Int64($0)) }),
        ]
        data["timeout_ms"] = timeout(revival).map { .integer($0) }
        data["resolved"] = revival.resolved.map { .string($0.path) }
        return revival.actor.data(adding: data)
    }

    /// The run's time-out counts anew; it bounds neither a compensation nor `always`.
    private func timeout(_ revival: Revival) -> Int64? {
        revival.state.phase == .running ? definition.workflow.timeoutMilliseconds : nil
    }

    /// A step whose scope is open again, or which waits for its child run again.
    private mutating func reopen(_ number: Int, input: Payload, child: RunID?, _ actor: Actor) {
        guard let step = state.steps[number] else { return }
        keep(number, input: input)
        if step.timers.contains(.timeout), let timeout = plan(of: step).settings.timeoutMilliseconds {
            arm(.timeout, of: number, .after(milliseconds: timeout))
        }
        if let child { send(.retry(actor), to: child, about: number) }
    }

    private mutating func begin(_ restart: Restart, _ resolved: Resolution?, _ actor: Actor) throws {
        let instance = restart.instance
        if let resolved, state.path(of: instance.asStep, definition) == resolved.path {
            return try resolve(instance, resolved, actor)
        }
        let kind = instance.of == 0 ? state.scopes[instance.scope]?.kind : nil
        switch kind {
        case .items, .rounds: try startBelowCondition(instance, plan(of: instance))
        default: try start(instance)
        }
    }

    /// The step begins, and an operator says at once that it is done.
    private mutating func resolve(
        _ instance: Instance,
        _ resolved: Resolution,
        _ actor: Actor,
        _ more: JSONObject = [:]
    ) throws {
        let number = emit(.stepEntered, beginning: instance, more)
        keep(number, input: instance.input ?? .null)
        written[number]?.attempts = instance.receipts
        emit(.stepResolved, step: number, actor.data(adding: [:]))
        try complete(number, resolved.output)
    }

    /// What a child run has done counts as undone.
    private mutating func resolveUndoing(_ resolved: Resolution, _ actor: Actor) throws {
        guard let entry = state.undo.last(where: { $0.path + "!" == resolved.path }) else { return }
        var instance = Instance(scope: entry.scope, node: entry.node, index: entry.index, of: entry.step)
        if entry.child != nil {
            instance.own = NodeSpec(id: "", role: .compensation(of: -1), scope: 0, action: .pass)
        }
        try resolve(instance, resolved, actor, ["after": 0])
    }
}

import JSON

// The items of a foreach: a window of live ones, and counters for all others.

extension Deciding {
    /// Starts the items of a foreach that have room.
    ///
    /// Where the step sets no narrower bound, items begin by slices, each when the one before has made room.
    mutating func fill(_ number: Int) throws {
        guard let scope = state.scopes[number], scope.isRunning, scope.ownerNode >= 0 else { return }
        let limits = decider.limits
        let width = definition.nodes[scope.ownerNode].spec.forEach?.maxConcurrency ?? .max
        let room = min(width, limits.liveItems) - scope.live
        let slice = width <= limits.liveItems ? 1 : min(limits.itemsPerSlice, limits.liveItems)
        let started = scope.live + scope.ended
        guard started < scope.total, room >= slice else { return }
        follow(.items(scope: number, until: min(scope.total, started + room)))
    }

    /// Starts the next item of those that begin now.
    mutating func beginItem(in number: Int, until end: Int) throws {
        guard let scope = state.scopes[number], scope.isRunning else { return }
        let index = scope.live + scope.ended
        guard index < end else { return }
        guard state.nextStep <= decider.limits.steps, state.lastSeq < decider.limits.events else {
            return try failTooLarge(in: number)
        }
        let instance = Instance(scope: number, node: scope.ownerNode, index: index)
        try startBelowCondition(instance, definition.nodes[scope.ownerNode])
        if index + 1 < end { follow(.items(scope: number, until: end)) }
    }

    /// Outputs in the order of the items; those that ended before this transition are in the store.
    func itemsOutput(of number: Int, _ scope: ScopeState) throws -> Payload {
        var outputs: [(step: Int, output: Payload)] = transition.steps
            .filter { $0.scope == number && $0.status.isOfItem }
            .map { ($0.step, $0.output ?? .null) }
        if outputs.count < scope.total {
            guard let stored = view.items[number] else {
                throw Interrupt.needs(Needs(items: [number: scope.first]))
            }
            let bytes = outputs.reduce(stored.bytes) { $0 + $1.output.text.utf8.count }
            try checkJoined(bytes: bytes, instead: "write large outputs to files")
            outputs += stored.outputs.map { ($0.key, $0.value) }
        }
        // Items begin in their order, and so do the numbers of their steps.
        outputs.sort { $0.step < $1.step }
        return Payload(.array(outputs.map(\.output.value)))
    }
}

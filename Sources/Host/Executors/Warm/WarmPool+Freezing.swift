import Linux

// A process is frozen as a whole, with all the requests that it has in flight.

extension WarmPool {
    /// Stops the process of a request and the clocks of all that it has; one without a process is held back.
    mutating func freeze(_ id: RequestID, at now: MonotonicTime) {
        if let request = takeWaiting(id) { return held.append(request) }
        guard let process = process(of: id), processes[process]?.stage != .stopping else { return }
        processes[process]?.frozen.insert(id)
        guard processes[process]?.frozenSince == nil else { return }
        processes[process]?.frozenSince = now
        effects.append(.freeze(process))
    }

    mutating func thaw(_ id: RequestID, at now: MonotonicTime) {
        if let request = takeHeld(id) {
            waiting.append(request)
            return serve(at: now)
        }
        if let process = process(of: id) { release(id, of: process, at: now) }
    }

    /// Lets a process go on when the last of its requests that were to stand still no longer is.
    mutating func release(_ id: RequestID, of process: ProcessID, at now: MonotonicTime) {
        guard var state = processes[process], let since = state.frozenSince else { return }
        state.frozen.remove(id)
        if state.frozen.isEmpty {
            state.moveClocks(by: now - since)
            effects.append(.thaw(process))
            remind(at: state.due(rules))
        }
        processes[process] = state
        if state.frozen.isEmpty { serve(at: now) }
    }

    mutating func takeWaiting(_ id: RequestID) -> Waiting? {
        waiting.firstIndex { $0.id == id }.map { waiting.remove(at: $0) }
    }

    mutating func takeHeld(_ id: RequestID) -> Waiting? {
        held.firstIndex { $0.id == id }.map { held.remove(at: $0) }
    }
}

extension WarmProcessState {
    fileprivate mutating func moveClocks(by passed: Duration) {
        frozenSince = nil
        for (id, flight) in flights {
            flights[id]?.deadline = flight.deadline + passed
            flights[id]?.heartbeatDue = flight.heartbeatDue + passed
            flights[id]?.cancelDue = flight.cancelDue.map { $0 + passed }
        }
        guardedUntil = guardedUntil + passed
    }
}

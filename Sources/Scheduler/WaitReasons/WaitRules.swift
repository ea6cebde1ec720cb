import Linux

extension WaitFacts {
    /// Why it waits; nil for what a worker will take at once, and for what stands for the steps inside it.
    var wait: Wait? {
        guard var wait = reason else { return nil }
        wait.step = step
        wait.path = path
        if status == .backoff { wait.lastError = previousError }
        return wait
    }

    private var reason: Wait? {
        switch status {
        case nil: isRunPaused ? Wait(.paused) : admission.map(lined) ?? Wait(.start, until: timerUntil)
        case .running: nil
        case .backoff: Wait(.backoff, until: timerUntil)
        case .waiting: outside
        case .blocked: isRunPaused ? Wait(.paused) : admission.map(lined)
        case .ready: isRunPaused ? Wait(.paused) : unclaimed
        }
    }

    /// It waits for a time or for something from outside; a group waits for its own steps, which tell.
    private var outside: Wait? {
        switch awaits {
        case .signal(let name): return Wait(.signal(name), until: timeoutUntil)
        case .callback: return Wait(.callback, until: timeoutUntil)
        case nil: break
        }
        if let child { return Wait(.child(child), until: timeoutUntil, holders: [child]) }
        return timerUntil.map { Wait(.sleep, until: $0) }
    }

    /// It stands in line: the slot is asked for before the start.
    private func lined(_ admission: Admission) -> Wait {
        if let slot = admission.slot, slotsHeld >= slot.limit || admission.rate == nil {
            return Wait(.slot(slot, held: slotsHeld), holders: holders)
        }
        if let rate = admission.rate {
            return Wait(.rate(rate), until: rateUntil)
        }
        return Wait(.admission)
    }

    /// It is ready, and nobody has taken it.
    private var unclaimed: Wait? {
        if isQueuePaused { return Wait(.queuePaused(queue)) }
        guard !workers.isEmpty else { return Wait(.noWorker(queue: queue)) }
        guard let missing = missingEverywhere else {
            if let queueSlotsLeft, queueSlotsLeft <= 0 { return Wait(.queueFull(queue)) }
            if let queueStartsLeft, queueStartsLeft <= 0 { return Wait(.queueRate(queue)) }
            return nil
        }
        if let limit = missing.first(where: { $0.hasPrefix("limit:") }) {
            return Wait(.unenforceable(limit: String(limit.dropFirst("limit:".count)), queue: queue))
        }
        return Wait(.noPlugin(needs: missing.joined(separator: ", "), queue: queue))
    }

    /// What the worker lacks that comes nearest; nil when one can do it all.
    private var missingEverywhere: [String]? {
        let missing = workers.map { worker in
            worker.abilities.map { abilities in needs.filter { !abilities.contains($0) } } ?? []
        }
        guard let least = missing.min(by: { $0.count < $1.count }), !least.isEmpty else { return nil }
        return least
    }
}

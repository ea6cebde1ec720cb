import Linux

extension WaitFacts {
    /// Why it waits; nil for what a worker will take at once, and for what stands for the steps inside it.
    var wait: Wait? {
        guard var wait = reason else { return nil }
        wait.step = step
        wait.path = path
        return wait
    }

    private var reason: Wait? {
        switch status {
        case nil: isRunPaused ? .paused : admission.map(lined) ?? .start(timerUntil)
        case .running: nil
        case .backoff: .backoff(timerUntil)
        case .waiting: outside
        case .blocked: isRunPaused ? .paused : admission.map(lined)
        case .ready: isRunPaused ? .paused : unclaimed
        }
    }

    /// It waits for a time or for something from outside; a group waits for its own steps, which tell.
    private var outside: Wait? {
        switch awaits {
        case .signal(let name): return .signal(name, timeoutUntil)
        case .callback: return .callback(timeoutUntil)
        case nil: break
        }
        if let child { return .child(child, timeoutUntil) }
        return timerUntil.map(Wait.timer)
    }

    /// It stands in line: the slot is asked for before the start.
    private func lined(_ admission: Admission) -> Wait {
        if let slot = admission.slot, slotsHeld >= slot.limit || admission.rate == nil {
            return .slot(slot, holders, held: slotsHeld)
        }
        if let rate = admission.rate { return .rate(rate.key, limit: rate.limit, rateUntil) }
        return Wait(.concurrency, "waits to be admitted")
    }

    /// It is ready, and nobody has taken it.
    private var unclaimed: Wait? {
        if isQueuePaused { return .queuePaused(queue) }
        guard !workers.isEmpty else { return .noWorker(of: queue) }
        guard let missing = missingEverywhere else {
            if let queueSlotsLeft, queueSlotsLeft <= 0 { return .queueFull(queue) }
            if let queueStartsLeft, queueStartsLeft <= 0 { return .queueRate(queue) }
            return nil
        }
        if let limit = missing.first(where: { $0.hasPrefix("limit:") }) {
            return .unenforceable(String(limit.dropFirst("limit:".count)), queue)
        }
        return .noPlugin(missing.joined(separator: ", "), queue)
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

// MARK: - Sentences

extension Wait {
    static let paused = Wait(.paused, "the run is paused; it goes on at `resume`")

    fileprivate static func start(_ until: Timestamp?) -> Wait {
        Wait(.timer, "starts later\(at(until))", until: until)
    }

    fileprivate static func timer(_ until: Timestamp) -> Wait {
        Wait(.timer, "sleeps\(at(until))", until: until)
    }

    fileprivate static func backoff(_ until: Timestamp?) -> Wait {
        Wait(.backoff, "waits for its next attempt\(at(until))", until: until)
    }

    fileprivate static func signal(_ name: String, _ until: Timestamp?) -> Wait {
        Wait(.signal, "waits for the signal “\(name)”\(at(until))", until: until)
    }

    fileprivate static func callback(_ until: Timestamp?) -> Wait {
        Wait(.callback, "waits for an answer under its callback token\(at(until))", until: until)
    }

    fileprivate static func child(_ run: RunID, _ until: Timestamp?) -> Wait {
        Wait(.child, "waits for the child run \(run)\(at(until))", until: until, holders: [run])
    }

    fileprivate static func slot(_ slot: Admission.Slot, _ holders: [RunID], held: Int) -> Wait {
        let shown = holders.prefix(3).map(\.description).joined(separator: ", ")
        let by = holders.isEmpty ? "" : ", by \(shown)\(holders.count > 3 ? " and others" : "")"
        let state = held >= slot.limit ? "held\(by)" : "given, others are first in line"
        return Wait(
            .concurrency,
            "waits for one of \(slot.limit) slots of “\(slot.shownKey)”, \(held) of them \(state)",
            holders: holders
        )
    }

    fileprivate static func rate(_ key: String, limit: Int, _ until: Timestamp?) -> Wait {
        Wait(.rate, "waits for the rate of “\(key)”, \(limit) starts a time\(at(until))", until: until)
    }

    fileprivate static func queuePaused(_ queue: String) -> Wait {
        Wait(.queuePaused, "queue “\(queue)” is paused; pawl queue resume \(queue)")
    }

    fileprivate static func queueFull(_ queue: String) -> Wait {
        Wait(.concurrency, "queue “\(queue)” runs as much as its own `concurrency` allows")
    }

    fileprivate static func queueRate(_ queue: String) -> Wait {
        Wait(.rate, "queue “\(queue)” has started as much as its own `rate` allows")
    }

    fileprivate static func noWorker(of queue: String) -> Wait {
        Wait(.noWorker, "no live worker serves queue “\(queue)”; start one with --queues \(queue)")
    }

    fileprivate static func noPlugin(_ needs: String, _ queue: String) -> Wait {
        Wait(.noWorker, "no live worker of queue “\(queue)” has the plugin's action \(needs)")
    }

    fileprivate static func unenforceable(_ limit: String, _ queue: String) -> Wait {
        Wait(
            .unenforceable,
            "the step requires that `\(limit)` is enforced, and no live worker of queue “\(queue)” has a "
                + "host that can; see pawl doctor there"
        )
    }

    private static func at(_ until: Timestamp?) -> String { until.map { ", until \($0.rfc3339)" } ?? "" }
}

extension Admission.Slot {
    /// The key as its author wrote it: that of a run without the workflow that it belongs to.
    var shownKey: String {
        guard key.hasPrefix("workflow "), let colon = key.firstIndex(of: ":") else { return key }
        return String(key[key.index(after: colon)...].drop { $0 == " " })
    }
}

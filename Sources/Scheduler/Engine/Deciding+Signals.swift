import JSON
import Linux

// Signals: each is taken by the one step that has waited longest for its name, or kept until one waits.

extension Deciding {
    mutating func signalled(_ signal: Signal) throws {
        let kept = state.signals.values.reduce(0) { $0 + $1.kept }
        guard kept < decider.limits.keptSignals, state.lastSeq < decider.limits.events else {
            let message = "the run keeps \(kept) signals that no step has taken, and can take no more"
            throw Interrupt.refused(message)
        }
        let number = (state.signals[signal.name]?.received ?? 0) + 1
        let key = SignalKey(name: signal.name, number: number)
        emit(.signalReceived, signal.actor.data(adding: key.data))
        guard let step = state.stepAwaiting(.signal(signal.name)) else {
            transition.signals.append(KeptSignal(key: key, payload: signal.payload))
            return
        }
        try take(key, signal.payload, by: step)
    }

    /// Starts a `wait`: it takes the first signal that is kept for it, or waits for one.
    mutating func awaitSignal(_ instance: Instance, _ plan: NodePlan) throws {
        guard let program = plan.argument else { return }
        let place = try place(of: instance)
        let name = try requiredText(program, "wait.signal", at: place)
        var input: JSONObject = ["signal": .string(name)]
        var data = input
        let timeout = try plan.waitTimeout.map { try milliseconds($0, "wait.timeout", at: place) }
        if let timeout {
            input["timeout_ms"] = .integer(timeout)
            data["timer"] = .string(TimerKind.timeout.rawValue)
        }
        if let fallback = plan.fallback { input["default"] = try payload(fallback, at: place).value }
        let early = try firstKept(name)
        let number = emit(.stepWaiting, beginning: instance, data)
        keep(number, input: Payload(.object(input)))
        written[number]?.spec.awaits = .signal(name)
        if let timeout { arm(.timeout, of: number, .after(milliseconds: timeout)) }
        if let early { try take(early.key, early.payload, by: number) }
    }

    /// The signal of a name that has been kept longest.
    private func firstKept(_ name: String) throws -> KeptSignal? {
        guard let count = state.signals[name], count.kept > 0 else { return nil }
        let key = SignalKey(name: name, number: count.taken + 1)
        if let new = transition.signals.first(where: { $0.key == key }) { return new }
        guard let payload = view.signals[key] else { throw Interrupt.needs(Needs(signals: [key])) }
        return KeptSignal(key: key, payload: payload)
    }

    private mutating func take(_ key: SignalKey, _ payload: Payload, by number: Int) throws {
        emit(.signalTaken, step: number, key.data)
        if let new = transition.signals.firstIndex(where: { $0.key == key }) {
            transition.signals.remove(at: new)
        } else {
            transition.takesSignals.append(key)
        }
        try complete(number, payload)
    }

    /// A `wait` is over its time: its output is its `default`, or it fails.
    mutating func signalOverdue(_ number: Int, _ name: String) throws {
        let input = try task(number)?.row.input.value
        if let fallback = input?["default"] { return try complete(number, Payload(fallback)) }
        let within = input?["timeout_ms"]?.integerValue.map { " within \($0) ms" } ?? ""
        let error = StepError(type: ErrorType.timeout, message: "no signal \"\(name)\" came\(within)")
        try fail(number, error)
    }

    func milliseconds(_ program: CompiledProgram, _ key: String, at place: Place) throws -> Int64 {
        let value = try required(program, key, at: place)
        guard let milliseconds = value.durationMilliseconds else {
            throw StepError(
                type: ErrorType.expressionError,
                message: "`\(key)` must be a duration such as 10m, not \(value.serialized())"
            )
        }
        return milliseconds
    }
}

extension SignalKey {
    fileprivate var data: JSONObject { ["signal": .string(name), "number": .integer(Int64(number))] }
}

extension RunState {
    /// The step that has waited longest for something.
    func stepAwaiting(_ awaited: Awaited) -> Int? {
        steps.filter { $0.value.stage == .waiting && $0.value.awaits == awaited }.keys.min()
    }

    mutating func countSignal(_ event: HistoryEvent) {
        guard let name = event.data["signal"]?.stringValue, let number = event.integer("number") else {
            return
        }
        switch event.kind {
        case .signalReceived: signals[name, default: SignalCount()].received = number
        case .signalTaken: signals[name, default: SignalCount()].taken = number
        default: break
        }
    }
}

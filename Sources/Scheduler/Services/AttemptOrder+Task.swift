import Linux

extension AttemptOrder {
    /// The order for a claimed task; nil when its node runs no program.
    init?(
        _ task: ClaimedTask,
        definition: Definition,
        facts: RunFacts,
        callback: Callback? = nil,
        trace: TraceContext? = nil,
        bounds: AttemptBounds? = nil
    ) {
        let compiled = definition.stored.compiled
        guard let node = task.spec.own ?? task.spec.node.map({ compiled.nodes[$0] }) else { return nil }
        let call: Call
        switch node.action {
        case .plugin(let plugin), .program(let plugin): call = .plugin(plugin)
        case .script(let script): call = .script(script)
        default: return nil
        }
        var settings = node.settings
        settings.retry = node.retry.first
        if let limits = task.spec.limits { settings.limits = limits }
        self.init(
            run: task.run,
            workflow: compiled.name,
            workflowVersion: definition.stored.version,
            labels: facts.labels,
            step: task.step,
            path: task.path,
            phase: task.spec.phase,
            call: call,
            input: task.input,
            attempt: task.attempt,
            token: task.token,
            idempotencyKey: task.spec.idempotencyKey ?? "\(task.run)/\(task.path)",
            stepKey: task.spec.stepKey,
            settings: settings,
            defaults: compiled.defaults,
            environment: task.spec.environment,
            previousError: task.spec.previousError,
            checkpoint: task.checkpoint,
            callback: callback,
            startedAt: task.startedAt,
            trace: trace
        )
        runDeadline = bounds?.deadline
        if let action = node.action.plugin, settings.pin ?? compiled.defaults.pin ?? false {
            pinned = bounds?.pins?.digests[action] ?? []
        }
    }
}

extension AttemptEnd {
    init(_ task: ClaimedTask, worker: String, endedAt: Timestamp, report: AttemptReport) {
        self.init(
            step: task.step,
            token: task.token,
            worker: worker,
            startedAt: task.startedAt,
            endedAt: endedAt,
            report: report,
            task: task
        )
    }
}

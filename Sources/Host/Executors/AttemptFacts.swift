import JSON
import Linux
import Scheduler

/// Where an attempt finds and leaves its files.
struct AttemptFolders {
    /// Private, and empty at the start.
    var scratch: String
    var artifacts: String
    /// Nil without secrets.
    var credentials: String?
}

/// What a program is told of its attempt, by variables and by the file of `PAWL_CONTEXT`.
struct AttemptFacts {
    let order: AttemptOrder
    let settings: Settings
    let program: StepProgram
    let folders: AttemptFolders
    let deadline: Timestamp?

    private var maxAttempts: Int { settings.retry?.attempts ?? 1 }

    /// All variables of a process that serves this attempt alone, `NAME=value`, each name once; `context` is
    /// the path of the document.
    func environment(context: String) -> [String] {
        var environment = Self.environment(of: order, program, in: folders)
        environment.append("PAWL_RUN_ID=\(order.run)")
        environment.append("PAWL_WORKFLOW=\(order.workflow)")
        environment.append("PAWL_STEP=\(order.path)")
        environment.append("PAWL_PHASE=\(order.phase.rawValue)")
        environment.append("PAWL_ATTEMPT=\(order.attempt)")
        environment.append("PAWL_MAX_ATTEMPTS=\(maxAttempts)")
        environment.append("PAWL_IDEMPOTENCY_KEY=\(order.idempotencyKey)")
        environment.append("PAWL_FENCING_TOKEN=\(order.token)")
        environment.append("PAWL_CONTEXT=\(context)")
        environment.append("PAWL_ARTIFACTS=\(folders.artifacts)")
        if let key = order.stepKey { environment.append("PAWL_STEP_KEY=\(key)") }
        if let trace = order.trace { environment.append("TRACEPARENT=\(trace.traceparent)") }
        if let deadline { environment.append("PAWL_DEADLINE=\(deadline)") }
        return environment
    }

    /// The variables that do not change from one attempt to the next.
    static func environment(
        of order: AttemptOrder,
        _ program: StepProgram,
        in folders: AttemptFolders
    ) -> [String] {
        let own = variables(of: order, program)
        var environment = program.environment
        environment.reserveCapacity(environment.count + own.count + 20)
        for (name, value) in [
            ("PATH", StepProgram.path), ("HOME", folders.scratch), ("TMPDIR", folders.scratch),
            ("LANG", "C.UTF-8"), ("TZ", "UTC"),
        ] where own[name] == nil { environment.append("\(name)=\(value)") }
        if let folder = folders.credentials { environment.append("CREDENTIALS_DIRECTORY=\(folder)") }
        for (name, value) in own { environment.append("\(name)=\(value)") }
        return environment
    }

    /// The variables of `env`: the step's own, the manifest's, those of `defaults`.
    static func variables(of order: AttemptOrder, _ program: StepProgram) -> [String: String] {
        if order.environment.isEmpty { return program.variables }
        if program.variables.isEmpty { return order.environment }
        return order.environment.merging(program.variables) { ofOrder, ofManifest in ofOrder }
            .merging(program.variables.filter { order.settings.env?[$0.key] == nil }) { $1 }
    }

    /// The document of `PAWL_CONTEXT`.
    var context: JSONValue {
        var context: JSONObject = [
            "protocol": 1,
            "run_id": .string(order.run.description),
            "workflow": .string(order.workflow),
            "workflow_version": .integer(Int64(order.workflowVersion)),
            "step": .string(order.path),
            "phase": .string(order.phase.rawValue),
            "attempt": .integer(Int64(order.attempt)),
            "max_attempts": .integer(Int64(maxAttempts)),
            "idempotency_key": .string(order.idempotencyKey),
            "fencing_token": .integer(order.token),
            "scratch": .string(folders.scratch),
            "artifacts": .string(folders.artifacts),
        ]
        if case .plugin(let call) = order.call { context["action"] = .string(call.action) }
        context["step_key"] = order.stepKey.map { .string($0) }
        context["traceparent"] = order.trace.map { .string($0.traceparent) }
        context["deadline"] = deadline.map { .string($0.description) }
        context["credentials"] = folders.credentials.map { .string($0) }
        let labels = order.labels.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        context["labels"] = .object(JSONObject(labels))
        context["previous_error"] = order.previousError?.json ?? .null
        context["checkpoint"] = order.checkpoint?.value ?? .null
        if let callback = order.callback {
            context["callback"] = ["token": .string(callback.token), "url": .string(callback.url)]
        }
        return .object(context)
    }
}

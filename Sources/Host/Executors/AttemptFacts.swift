import JSON
import Linux
import Scheduler

/// What a program is told of its attempt, by variables and by the file of `PAWL_CONTEXT`.
struct AttemptFacts {
    let order: AttemptOrder
    let settings: Settings
    let program: StepProgram
    /// The working folder of the program.
    let scratch: String
    /// The folder of what is laid down for it.
    let files: String
    let deadline: Timestamp?

    var artifacts: String { "\(files)/artifacts" }
    var credentials: String? { settings.secrets?.isEmpty == false ? "\(files)/credentials" : nil }
    private var maxAttempts: Int { settings.retry?.attempts ?? 1 }

    /// All variables, `NAME=value`, each name once.
    var environment: [String] {
        let own = variables
        var environment = program.environment
        environment.reserveCapacity(environment.count + own.count + 20)
        for (name, value) in [
            ("PATH", StepProgram.path), ("HOME", scratch), ("TMPDIR", scratch), ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
        ] where own[name] == nil { environment.append("\(name)=\(value)") }
        environment.append("PAWL_RUN_ID=\(order.run)")
        environment.append("PAWL_WORKFLOW=\(order.workflow)")
        environment.append("PAWL_STEP=\(order.path)")
        environment.append("PAWL_PHASE=\(order.phase.rawValue)")
        environment.append("PAWL_ATTEMPT=\(order.attempt)")
        environment.append("PAWL_MAX_ATTEMPTS=\(maxAttempts)")
        environment.append("PAWL_IDEMPOTENCY_KEY=\(order.idempotencyKey)")
        environment.append("PAWL_FENCING_TOKEN=\(order.token)")
        environment.append("PAWL_CONTEXT=\(files)/context.json")
        environment.append("PAWL_ARTIFACTS=\(artifacts)")
        if let key = order.stepKey { environment.append("PAWL_STEP_KEY=\(key)") }
        if let deadline { environment.append("PAWL_DEADLINE=\(deadline)") }
        if let credentials { environment.append("CREDENTIALS_DIRECTORY=\(credentials)") }
        for (name, value) in own { environment.append("\(name)=\(value)") }
        return environment
    }

    /// The variables of `env`: the step's own, the manifest's, those of `defaults`.
    private var variables: [String: String] {
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
            "scratch": .string(scratch),
            "artifacts": .string(artifacts),
        ]
        if case .plugin(let call) = order.call { context["action"] = .string(call.action) }
        context["step_key"] = order.stepKey.map { .string($0) }
        context["deadline"] = deadline.map { .string($0.description) }
        context["credentials"] = credentials.map { .string($0) }
        let labels = order.labels.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        context["labels"] = .object(JSONObject(labels))
        context["previous_error"] = order.previousError?.json ?? .null
        context["checkpoint"] = order.checkpoint?.value ?? .null
        return .object(context)
    }
}

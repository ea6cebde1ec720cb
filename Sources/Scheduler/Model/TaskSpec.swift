import JSON

/// What a worker needs to run a task beside the definition and the input.
public struct TaskSpec: Sendable, Hashable {
    /// The node of the run's definition; nil when the task carries `own`.
    public var node: Int?
    /// The spec of a node that no definition holds.
    public var own: NodeSpec?
    public var phase: StepPhase
    /// Nil is the default, `<run>/<path>`.
    public var idempotencyKey: String?
    /// For a compensation, the key of what it undoes.
    public var stepKey: String?
    /// `env`, evaluated.
    public var environment: [String: String]
    /// Limits after escalation; nil where the node's own hold.
    public var limits: Limits?
    public var previousError: StepError?
    /// What from outside the step waits for.
    public var awaits: Awaited?
    /// What the task needs before it may be claimed; nil where a free worker is enough.
    public var admission: Admission?
    /// Set while it waits for an answer.
    public var deferral: Deferral?
    /// What a worker must be able to do: `file/write`, `file/write@1.2`, `limit:memory`, `alone`.
    public var needs: [String] = []

    /// The first of the words of ``needs`` of a step that was lost with its worker: it may have killed it.
    public static let alone = "alone"

    /// Whether nothing else is to run in the worker beside it.
    public var mustRunAlone: Bool {
        get { needs.first == Self.alone }
        set {
            guard newValue != mustRunAlone else { return }
            if newValue { needs.insert(Self.alone, at: 0) } else { needs.removeFirst() }
        }
    }

    public init(
        node: Int?,
        own: NodeSpec? = nil,
        phase: StepPhase = .step,
        idempotencyKey: String? = nil,
        stepKey: String? = nil,
        environment: [String: String] = [:],
        limits: Limits? = nil,
        previousError: StepError? = nil,
        awaits: Awaited? = nil,
        admission: Admission? = nil
    ) {
        self.node = node
        self.own = own
        self.phase = phase
        self.idempotencyKey = idempotencyKey
        self.stepKey = stepKey
        self.environment = environment
        self.limits = limits
        self.previousError = previousError
        self.awaits = awaits
        self.admission = admission
    }
}

extension TaskSpec {
    /// Compact JSON; written by hand because every step writes one.
    public var encoded: String {
        var object = JSONObject()
        object["node"] = node.map { .integer(Int64($0)) }
        object["own"] = own.flatMap { try? JSONValue(encoding: $0) }
        if phase != .step { object["phase"] = .string(phase.rawValue) }
        object["key"] = idempotencyKey.map { .string($0) }
        object["step_key"] = stepKey.map { .string($0) }
        if !environment.isEmpty {
            let sorted = environment.sorted { $0.key < $1.key }
            object["env"] = .object(JSONObject(sorted.map { ($0.key, .string($0.value)) }))
        }
        object["limits"] = limits.flatMap { try? JSONValue(encoding: $0) }
        object["error"] = previousError?.json
        object["awaits"] = awaits?.json
        object["admission"] = admission?.json
        object["deferral"] = deferral?.json
        if !needs.isEmpty { object["needs"] = .string(needs.joined(separator: " ")) }
        return JSONValue.object(object).serialized()
    }

    /// Reads what ``encoded`` wrote.
    public init(decoding text: String) throws {
        let json = try JSONValue.parse(text)
        var environment: [String: String] = [:]
        for (name, value) in json["env"]?.objectValue ?? [:] { environment[name] = value.stringValue ?? "" }
        self.init(
            node: json["node"]?.integerValue.map { Int($0) },
            own: try json["own"]?.decode(NodeSpec.self),
            phase: json["phase"]?.stringValue.flatMap(StepPhase.init(rawValue:)) ?? .step,
            idempotencyKey: json["key"]?.stringValue,
            stepKey: json["step_key"]?.stringValue,
            environment: environment,
            limits: try json["limits"]?.decode(Limits.self),
            previousError: json["error"].flatMap(StepError.init(json:)),
            awaits: json["awaits"].flatMap(Awaited.init(json:)),
            admission: json["admission"].flatMap(Admission.init(json:))
        )
        deferral = json["deferral"].map(Deferral.init(json:))
        needs = json["needs"]?.stringValue?.split(separator: " ").map(String.init) ?? []
    }
}

import JSON
import Linux

extension Message.Content {
    /// The column `kind` of `outbox`.
    public var kind: String {
        switch self {
        case .start: "start"
        case .undo: "undo"
        case .ended: "ended"
        case .cancel: "cancel"
        case .terminate: "terminate"
        case .pause: "pause"
        case .resume: "resume"
        case .retry: "retry"
        }
    }

    /// The column `body`.
    public var body: String {
        switch self {
        case .start(let order): order.json.serialized()
        case .undo(let order): order.json.serialized()
        case .ended(let end): end.json.serialized()
        case .cancel(let reason), .terminate(let reason):
            JSONValue.object(["reason": .string(reason)]).serialized()
        case .pause(let freezes): JSONValue.object(["freeze": .bool(freezes)]).serialized()
        case .resume: "{}"
        case .retry(let actor): JSONValue.object(actor.data(adding: [:])).serialized()
        }
    }

    /// Reads what ``kind`` and ``body`` wrote; nil for what this release does not know.
    public init?(kind: String, body: String) {
        guard let json = try? JSONValue.parse(body) else { return nil }
        let reason = json["reason"]?.stringValue ?? ""
        switch kind {
        case "start":
            guard let order = ChildOrder(json: json) else { return nil }
            self = .start(order)
        case "undo":
            guard let order = UndoOrder(json: json) else { return nil }
            self = .undo(order)
        case "ended":
            guard let end = ChildEnd(json: json) else { return nil }
            self = .ended(end)
        case "cancel": self = .cancel(reason: reason)
        case "terminate": self = .terminate(reason: reason)
        case "pause": self = .pause(freezes: json["freeze"] == true)
        case "resume": self = .resume
        case "retry":
            let name = json["actor"]?.stringValue ?? ""
            self = .retry(Actor(name: name, reason: json["reason"]?.stringValue))
        default: return nil
        }
    }
}

extension ParentLink {
    fileprivate var json: JSONValue {
        [
            "run": .string(run.description), "step": .integer(Int64(step)), "path": .string(path),
            "root": .string(root.description), "depth": .integer(Int64(depth)),
        ]
    }

    fileprivate init?(json: JSONValue?) {
        guard let json, let run = json["run"]?.stringValue.flatMap(RunID.init),
            let root = json["root"]?.stringValue.flatMap(RunID.init),
            let step = json["step"]?.integerValue, let depth = json["depth"]?.integerValue
        else { return nil }
        let path = json["path"]?.stringValue ?? ""
        self.init(run: run, step: Int(step), path: path, root: root, depth: Int(depth))
    }
}

extension ChildOrder {
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "workflow": .string(workflow), "input": input.value, "priority": .integer(Int64(priority)),
            "parent": parent.json,
        ]
        object["version"] = version.map { .integer(Int64($0)) }
        object["trace"] = trace.map { .string($0.traceparent) }
        return .object(object)
    }

    fileprivate init?(json: JSONValue) {
        guard let workflow = json["workflow"]?.stringValue, let parent = ParentLink(json: json["parent"])
        else { return nil }
        self.init(
            workflow: workflow,
            version: json["version"]?.integerValue.map { Int($0) },
            input: Payload(json["input"] ?? .null),
            priority: Int(json["priority"]?.integerValue ?? 0),
            parent: parent,
            trace: json["trace"]?.stringValue.flatMap(TraceContext.init(traceparent:))
        )
    }
}

extension UndoOrder {
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "of": .string(of.description), "after": .integer(after.microseconds),
            "up_to": .integer(upTo.microseconds), "parent": parent.json,
        ]
        object["within"] = within.map { .string($0) }
        return .object(object)
    }

    fileprivate init?(json: JSONValue) {
        guard let of = json["of"]?.stringValue.flatMap(RunID.init),
            let after = json["after"]?.integerValue, let upTo = json["up_to"]?.integerValue,
            let parent = ParentLink(json: json["parent"])
        else { return nil }
        self.init(
            of: of,
            after: Timestamp(microseconds: after),
            upTo: Timestamp(microseconds: upTo),
            within: json["within"]?.stringValue,
            parent: parent
        )
    }
}

extension ChildEnd {
    fileprivate var json: JSONValue {
        var object: JSONObject = ["status": .string(status.rawValue)]
        if compensation != .none { object["compensation"] = .string(compensation.rawValue) }
        object["output"] = output?.value
        object["error"] = error?.json
        if !done.isEmpty { object["done"] = .array(done.map { .integer($0.microseconds) }) }
        return .object(object)
    }

    fileprivate init?(json: JSONValue) {
        guard let status = json["status"]?.stringValue.flatMap(RunStatus.init(rawValue:)) else { return nil }
        let compensation = json["compensation"]?.stringValue.flatMap(CompensationStatus.init(rawValue:))
        self.init(
            status: status,
            compensation: compensation ?? .none,
            output: json["output"].map { Payload($0) },
            error: json["error"].flatMap(StepError.init(json:)),
            done: [Timestamp](json: json["done"])
        )
    }
}

extension [Timestamp] {
    /// A list of microseconds since 1970; empty for anything else.
    init(json: JSONValue?) {
        self = (json?.arrayValue ?? []).compactMap { $0.integerValue.map { Timestamp(microseconds: $0) } }
    }
}

import JSON

/// A message from outside to a run, which one `wait` of its name takes.
public struct Signal: Sendable {
    public var name: String
    public var payload: Payload
    public var actor: Actor

    public init(name: String, payload: Payload, actor: Actor) {
        self.name = name
        self.payload = payload
        self.actor = actor
    }
}

/// Which signal of a run: the n-th of its name, from 1.
public struct SignalKey: Sendable, Hashable {
    public var name: String
    public var number: Int

    public init(name: String, number: Int) {
        self.name = name
        self.number = number
    }
}

/// A row of `signal`: one that came before anybody waited for it.
public struct KeptSignal: Sendable {
    public var key: SignalKey
    public var payload: Payload

    public init(key: SignalKey, payload: Payload) {
        self.key = key
        self.payload = payload
    }
}

/// How many signals of one name a run was sent, and how many of them were taken, in their order.
struct SignalCount: Sendable, Hashable {
    var received = 0
    var taken = 0

    var kept: Int { received - taken }
}

/// What from outside a waiting step waits for.
public enum Awaited: Sendable, Hashable {
    case signal(String)
    /// The answer of an attempt that has deferred.
    case callback

    /// As in a task's spec and in the history: `{ "signal": "approval" }`.
    var json: JSONValue {
        switch self {
        case .signal(let name): ["signal": .string(name)]
        case .callback: ["callback": true]
        }
    }

    init?(json: JSONValue) {
        if let name = json["signal"]?.stringValue {
            self = .signal(name)
        } else if json["callback"] == true {
            self = .callback
        } else {
            return nil
        }
    }
}

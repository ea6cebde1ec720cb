import JSON

/// What a task or a run needs beside a free worker before it may go on: a slot, a start within a rate, or
/// both.
public struct Admission: Sendable, Hashable {
    /// At most `limit` slots of a key are held at once, server-wide.
    public struct Slot: Sendable, Hashable {
        public var key: String
        public var limit: Int

        public init(key: String, limit: Int) {
            self.key = key
            self.limit = limit
        }
    }

    /// In any `milliseconds` at most `limit` attempts start under a key, server-wide.
    public struct Rate: Sendable, Hashable {
        public var key: String
        public var limit: Int
        public var milliseconds: Int64

        public init(key: String, limit: Int, milliseconds: Int64) {
            self.key = key
            self.limit = limit
            self.milliseconds = milliseconds
        }
    }

    public var slot: Slot?
    public var rate: Rate?

    public init(slot: Slot? = nil, rate: Rate? = nil) {
        self.slot = slot
        self.rate = rate
    }

    /// The longest key, in bytes: it stands in an index.
    public static let keyLimit = 512
}

/// An entry in the line for admission.
///
/// A step that is in it is `blocked`: it is not in the ready index.
public struct Application: Sendable, Hashable {
    /// 0 for the run itself.
    public var step: Int
    public var admission: Admission
    public var priority: Int
    /// The oldest holder is cancelled to make room.
    public var replaces: Bool

    public init(step: Int, admission: Admission, priority: Int, replaces: Bool = false) {
        self.step = step
        self.admission = admission
        self.priority = priority
        self.replaces = replaces
    }
}

/// The giving up of what a step, or with 0 the run itself, holds or stands in line for.
public struct Release: Sendable, Hashable {
    public var step: Int
    public var admission: Admission
    /// The decision saw the step in line: should it have been admitted since, the decision does not hold.
    public var isWaiting: Bool

    public init(step: Int, admission: Admission, isWaiting: Bool) {
        self.step = step
        self.admission = admission
        self.isWaiting = isWaiting
    }
}

// MARK: - Coding

extension Admission {
    /// `{ slot?: { key, limit }, rate?: { key, limit, per_ms } }`, as a task's spec keeps it.
    var json: JSONValue {
        var object = JSONObject()
        object["slot"] = slot.map { ["key": .string($0.key), "limit": .integer(Int64($0.limit))] }
        object["rate"] = rate.map {
            [
                "key": .string($0.key), "limit": .integer(Int64($0.limit)),
                "per_ms": .integer($0.milliseconds),
            ]
        }
        return .object(object)
    }

    init?(json: JSONValue) {
        let slot = json["slot"].flatMap { value -> Slot? in
            guard let key = value["key"]?.stringValue, let limit = value["limit"]?.integerValue else {
                return nil
            }
            return Slot(key: key, limit: Int(limit))
        }
        let rate = json["rate"].flatMap { value -> Rate? in
            guard let key = value["key"]?.stringValue, let limit = value["limit"]?.integerValue,
                let per = value["per_ms"]?.integerValue
            else { return nil }
            return Rate(key: key, limit: Int(limit), milliseconds: per)
        }
        guard slot != nil || rate != nil else { return nil }
        self.init(slot: slot, rate: rate)
    }
}

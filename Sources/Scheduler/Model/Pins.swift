import JSON

/// The executables that the pinned steps of a run may use: those that there were when it was submitted.
public struct Pins: Sendable, Hashable {
    /// SHA-256 of manifest and executable, by the action as the step names it, `file/write@1`.
    ///
    /// There are several where workers differ.
    public var digests: [String: [String]]

    public init(digests: [String: [String]] = [:]) { self.digests = digests }

    /// The member `pins` of the run's first event.
    var json: JSONValue {
        let sorted = digests.sorted { $0.key < $1.key }
        return .object(JSONObject(sorted.map { ($0.key, .array($0.value.map { .string($0) })) }))
    }

    init(json: JSONValue) {
        digests = [:]
        for (action, list) in json.objectValue ?? [:] {
            digests[action] = list.arrayValue?.compactMap(\.stringValue)
        }
    }
}

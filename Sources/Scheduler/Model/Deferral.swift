import JSON

/// What stays known of an attempt that has deferred: who answers knows no manifest.
public struct Deferral: Sendable, Hashable {
    /// The JSON Schema that an answer must fit.
    public var output: JSONValue?
    public var manifest: Settings?

    public init(output: JSONValue?, manifest: Settings?) {
        self.output = output
        self.manifest = manifest
    }

    var json: JSONValue {
        var object = JSONObject()
        object["output"] = output
        object["manifest"] = manifest.flatMap { try? JSONValue(encoding: $0) }
        return .object(object)
    }

    init(json: JSONValue) {
        output = json["output"]
        manifest = json["manifest"].flatMap { try? $0.decode(Settings.self) }
    }
}

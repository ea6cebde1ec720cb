import JSON
import JSONSchema

/// The OpenAPI document of a server, as tests hold it to its answers.
struct APIDocument {
    let json: JSONValue

    /// `GET /v1/runs/{run}`.
    var calls: Set<String> {
        var calls: Set<String> = []
        for (path, item) in json["paths"]?.objectValue ?? [:] {
            for method in item.objectValue?.keys ?? [] { calls.insert("\(method.uppercased()) \(path)") }
        }
        return calls
    }

    func response(_ method: String, _ path: String, _ status: Int) -> JSONValue? {
        json["paths"]?[path]?[method.lowercased()]?["responses"]?[String(status)]
    }

    /// The schema of an answer with everything that it refers to, on its own; nil for one that is no JSON.
    func schema(_ method: String, _ path: String, _ status: Int) throws -> Schema? {
        let content = response(method, path, status)?["content"]
        guard let schema = content?["application/json"]?["schema"] else { return nil }
        let text = schema.serialized().replacing("#/components/schemas/", with: "#/$defs/")
        var whole = try JSONValue.parse(text).objectValue ?? [:]
        let named = (json["components"]?["schemas"] ?? [:]).serialized()
        whole["$defs"] = try JSONValue.parse(named.replacing("#/components/schemas/", with: "#/$defs/"))
        return try Schema.compile(.object(whole))
    }
}

import HTTP
import JSON
import Linux

/// An answer of the API.
public struct APIAnswer: Sendable {
    public var status: Int
    public var headers: HTTPHeaders
    public var text: String
    /// The body; null where it is no JSON.
    public var json: JSONValue

    public subscript(key: String) -> JSONValue { json[key] ?? .null }

    /// The elements of a list.
    public var items: [JSONValue] { json["items"]?.arrayValue ?? [] }
    public var type: String { headers["Content-Type"] ?? "" }
}

/// The API of a running `pawl`, called as any client would.
public struct PawlAPI: Sendable {
    public let address: String

    public init(_ address: String) { self.address = address }

    /// One request on a connection of its own; blocks.
    public func call(
        _ method: String,
        _ target: String,
        _ json: JSONValue? = nil,
        text: String? = nil,
        type: String? = "application/json",
        headers: [(String, String)] = [],
        timeout: Duration = PawlProcess.patience
    ) throws -> APIAnswer {
        let body = text.map { Array($0.utf8) } ?? json?.bytes()
        var fields = HTTPHeaders(headers.map { (name: $0.0, value: $0.1) })
        if let type, body != nil { fields.add("Content-Type", type) }
        let response = try HTTPClient(address)
            .send(method, target, headers: fields, body: body, timeout: timeout)
        return APIAnswer(
            status: response.status,
            headers: response.headers,
            text: response.text,
            json: (try? JSONValue.parse(response.bytes)) ?? .null
        )
    }

    public func get(_ target: String) throws -> APIAnswer { try call("GET", target) }

    /// Applies a definition and gives the name of its workflow.
    @discardableResult
    public func apply(_ yaml: String) throws -> String {
        let name = yaml.split(separator: "\n").first { $0.hasPrefix("name: ") }?.dropFirst(6) ?? ""
        let answer = try call("PUT", "/v1/workflows/\(name)", text: yaml, type: "application/yaml")
        try expect(answer, [200, 201])
        return String(name)
    }

    /// Starts a run and gives its id.
    public func start(_ workflow: String, input: JSONValue = [:]) throws -> String {
        let answer = try call("POST", "/v1/runs", ["workflow": .string(workflow), "input": input])
        try expect(answer, [201])
        return answer["id"].stringValue ?? ""
    }

    /// The run once it has ended.
    public func end(of run: String, within patience: Duration = PawlProcess.patience) throws -> JSONValue {
        let deadline = MonotonicTime.now + patience
        while MonotonicTime.now < deadline {
            let answer = try get("/v1/runs/\(run)?wait=20s")
            try expect(answer, [200])
            if Self.ends.contains(answer["status"].stringValue ?? "") { return answer.json }
        }
        throw NeverHappened(description: "run \(run) has not ended: \(try get("/v1/runs/\(run)").text)")
    }

    /// Applies a definition, runs it once, and gives the run as it ended.
    public func run(_ yaml: String, input: JSONValue = [:]) throws -> JSONValue {
        try end(of: try start(try apply(yaml), input: input))
    }

    private static let ends: Set = ["succeeded", "failed", "cancelled", "terminated"]

    /// All elements of a list, page by page.
    public func all(_ target: String, limit: Int = 500) throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor = ""
        while true {
            let separator = target.contains("?") ? "&" : "?"
            let page = try get("\(target)\(separator)limit=\(limit)\(cursor)")
            try expect(page, [200])
            items += page.items
            guard let next = page["cursor"].stringValue else { return items }
            cursor = "&cursor=\(PercentEncoding.encode(next))"
        }
    }

    public func history(_ run: String) throws -> [JSONValue] { try all("/v1/runs/\(run)/history") }

    public func steps(_ run: String) throws -> [JSONValue] { try all("/v1/runs/\(run)/steps?outputs=true") }

    /// Waits until a step has a status.
    public func waitForStep(_ run: String, _ path: String, _ status: String) throws {
        try eventually("\(path) is \(status)", within: PawlProcess.patience) {
            try all("/v1/runs/\(run)/steps").contains {
                $0["path"]?.stringValue == path && $0["status"]?.stringValue == status
            }
        }
    }

    /// Waits until the history has an event of a type.
    public func waitForEvent(_ run: String, _ type: String) throws {
        try eventually("\(type) in \(run)", within: PawlProcess.patience) {
            try history(run).contains { $0["type"]?.stringValue == type }
        }
    }

    private func expect(_ answer: APIAnswer, _ statuses: Set<Int>) throws {
        guard !statuses.contains(answer.status) else { return }
        throw NeverHappened(description: "an answer of \(statuses): \(answer.status) \(answer.text)")
    }
}

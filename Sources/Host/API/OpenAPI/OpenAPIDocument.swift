import JSON

/// The OpenAPI 3.1 document of the API, made of the operations and schemas listed beside it.
///
/// Source: spec.openapis.org, OpenAPI 3.1.0.
struct OpenAPIDocument {
    var operations: [Operation] = Operation.all

    var json: JSONValue {
        var paths = JSONObject()
        for operation in operations {
            var item = paths[operation.path]?.objectValue ?? [:]
            item[operation.method.lowercased()] = json(of: operation)
            paths[operation.path] = .object(item)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Pawl", "version": .string(Release.version),
                "description": .string(Self.description),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "security": [[:], ["key": []], ["session": []]],
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "key": ["type": "http", "scheme": "bearer"],
                    "session": ["type": "apiKey", "in": "cookie", "name": .string(Caller.cookie)],
                ],
                "schemas": .object(APISchemas.all),
            ],
        ]
    }

    private static let description = """
        A durable workflow engine whose steps are programs.

        A POST takes the header `Idempotency-Key`, 1 to 256 bytes, kept for 24 hours: with the same body it \
        gets the first answer again, with the header `Idempotency-Replayed: true`; with another 422; while \
        the first is in progress 409. Times are RFC 3339, in answers in UTC. A list goes on after its \
        `cursor`. Where much is to be done, 503 says with `Retry-After` when to ask again.
        """

    private func json(of operation: Operation) -> JSONValue {
        var object: JSONObject = [
            "operationId": .string(Self.identifier(of: operation)), "summary": .string(operation.summary),
            "parameters": .array(parameters(of: operation)),
        ]
        if let body = operation.body { object["requestBody"] = Self.requestBody(body) }
        var responses = JSONObject()
        for (status, answer) in operation.answers { responses[String(status)] = Self.response(answer) }
        for status in Self.problems(of: operation) {
            responses[String(status)] = [
                "description": .string(Problem(status, "").title),
                "content": ["application/problem+json": ["schema": Self.reference("Problem")]],
            ]
        }
        object["responses"] = .object(responses)
        return .object(object)
    }

    /// `POST /v1/runs/{run}/cancel` is `post_runs_run_cancel`.
    private static func identifier(of operation: Operation) -> String {
        let words = operation.path.split { !$0.isLetter && !$0.isNumber }.filter { $0 != "v1" }
        return ([operation.method.lowercased()] + words.map(String.init)).joined(separator: "_")
    }

    private func parameters(of operation: Operation) -> [JSONValue] {
        let inPath = operation.path.matches(of: /\{([a-z_]+)\}/).map { match -> JSONValue in
            let name = String(match.1)
            return [
                "name": .string(name), "in": "path", "required": true,
                "schema": operation.parts[name] ?? ["type": "string", "minLength": 1],
            ]
        }
        let inQuery = operation.query.map { query -> JSONValue in
            [
                "name": .string(query.name), "in": "query", "description": .string(query.summary),
                "required": .bool(query.isRequired), "schema": query.schema,
            ]
        }
        return inPath + inQuery
    }

    private static func requestBody(_ name: String) -> JSONValue {
        let schema: JSONValue = ["schema": reference(name)]
        guard name == "Definition" else {
            let isRequired = name != "Anything" && !RequestSchemas.optional.contains(name)
            return ["required": .bool(isRequired), "content": ["application/json": schema]]
        }
        return ["required": true, "content": ["application/yaml": schema, "application/json": schema]]
    }

    private static func response(_ answer: Operation.Answer) -> JSONValue {
        switch answer {
        case .nothing: ["description": "done"]
        case .raw(let types):
            ["description": "done", "content": .object(JSONObject(types.map { ($0, [:]) }))]
        case .one(let name): response(reference(name))
        case .page(let name): response(page(of: name))
        case .pageOrStream(let name):
            [
                "description": "done",
                "content": ["application/json": ["schema": page(of: name)], "text/event-stream": [:]],
            ]
        }
    }

    private static func page(of name: String) -> JSONValue {
        SchemaTerms.object(
            ["items": SchemaTerms.list(of: reference(name)), "cursor": SchemaTerms.maybe(SchemaTerms.text)],
            ["items", "cursor"]
        )
    }

    private static func response(_ schema: JSONValue) -> JSONValue {
        ["description": "done", "content": ["application/json": ["schema": schema]]]
    }

    static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    /// What any call may answer, and what this one may.
    private static func problems(of operation: Operation) -> [Int] {
        var problems: Set<Int> = [400, 401, 403, 413, 415, 422, 500, 503]
        if operation.path.contains("{") { problems.insert(404) }
        if operation.method != "GET" { problems.insert(409) }
        return problems.union(operation.problems).sorted()
    }
}

/// `/v1/openapi.json`.
struct OpenAPIResource: Sendable {
    private let document = OpenAPIDocument().json

    var routes: [Route] {
        [Route("GET", "/v1/openapi.json", access: .open, .plain { _ throws(Problem) in .json(document) })]
    }
}

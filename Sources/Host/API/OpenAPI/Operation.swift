import JSON

/// What the OpenAPI document tells of one call, beside what its route says.
struct Operation: Sendable {
    struct Query: Sendable {
        var name: String
        var summary: String
        /// A JSON Schema.
        var schema: JSONValue
        var isRequired: Bool

        init(
            _ name: String,
            _ summary: String,
            isRequired: Bool = false,
            _ schema: JSONValue = ["type": "string"]
        ) {
            self.name = name
            self.summary = summary
            self.schema = schema
            self.isRequired = isRequired
        }
    }

    enum Answer: Sendable {
        /// JSON of a named schema.
        case one(String)
        /// A page of it.
        case page(String)
        /// Bytes of one of these media types.
        case raw([String])
        /// A page of it, or a stream of server-sent events.
        case pageOrStream(String)
        case nothing
    }

    /// `GET /v1/runs`.
    var call: String
    var summary: String
    var query: [Query]
    /// The schemas of parts of the path that are more than some text.
    var parts: [String: JSONValue]
    /// The schema of the body, by name; nil for a call without one.
    var body: String?
    /// The answer of each status that is no error.
    var answers: [(status: Int, answer: Answer)]
    /// Further problems beside those that every call may answer.
    var problems: [Int]

    init(
        _ call: String,
        _ summary: String,
        parts: [String: JSONValue] = [:],
        query: [Query] = [],
        body: String? = nil,
        _ answers: [(status: Int, answer: Answer)],
        problems: [Int] = []
    ) {
        self.call = call
        self.summary = summary
        self.parts = parts
        self.query = query
        self.body = body
        self.answers = answers
        self.problems = problems
    }

    var method: String { String(call.prefix { $0 != " " }) }
    /// As OpenAPI writes it: a parameter that takes the rest of the path has no dots there.
    var path: String { String(call.drop { $0 != " " }.dropFirst()).replacing("...}", with: "}") }

    static let limit = Query(
        "limit",
        "how many, 50 unless told",
        ["type": "integer", "minimum": 1, "maximum": 500]
    )
    static func cursor(_ schema: JSONValue) -> Query {
        Query("cursor", "the `cursor` of the page before", schema)
    }

    /// Of a list that goes on after a number.
    static let position = cursor(SchemaTerms.pattern("[0-9]{1,9}"))
}

import JSON

/// One call of the API as a test makes it: by the name that docs/http-api.md has for it.
struct APICall: Sendable {
    var name: String
    /// What the names in the path stand for, where it is not what is called like them.
    var parts: [String: String]
    var query: String
    var body: JSONValue?
    var status: Int
    /// Members of the answer that later calls name.
    var keeps: [String: String]

    init(
        _ name: String,
        _ parts: [String: String] = [:],
        query: String = "",
        sending body: JSONValue? = nil,
        status: Int = 200,
        keeps: [String: String] = [:]
    ) {
        self.name = name
        self.parts = parts
        self.query = query
        self.body = body
        self.status = status
        self.keeps = keeps
    }

    /// Every call once, in an order in which each can succeed.
    static let all = workflows + runs + actions + steps + batches + schedules + operations + access

    private static let definition: JSONValue = ["name": "called", "steps": [["id": "only", "set": 1]]]

    private static let workflows = [
        APICall("POST /v1/workflows/validate", sending: definition),
        APICall("PUT /v1/workflows/{name}", sending: definition, status: 201),
        APICall("GET /v1/workflows"), APICall("GET /v1/workflows/{name}"),
        APICall("GET /v1/workflows/{name}/versions"), APICall("GET /v1/workflows/{name}/graph"),
    ]

    private static let runs = [
        APICall("POST /v1/runs", sending: ["workflow": "called"], status: 201), APICall("GET /v1/runs"),
        APICall("GET /v1/runs/{run}"), APICall("GET /v1/runs/{run}/steps", query: "?outputs=true"),
        APICall("GET /v1/runs/{run}/history"), APICall("GET /v1/runs/{run}/diagnosis"),
        APICall("GET /v1/runs/{run}/logs"),
        APICall("GET /v1/runs/{run}/artifacts", ["run": "file"], keeps: ["items/0/id": "artifact"]),
        APICall("GET /v1/runs/{run}/artifacts/{id}", ["run": "file", "id": "artifact"]),
        APICall("GET /v1/stream", query: "?topics=runs"),
    ]

    private static let actions = [
        APICall("POST /v1/runs/{run}/pause", ["run": "held"], sending: ["reason": "a look"]),
        APICall("POST /v1/runs/{run}/pause", ["run": "held"], sending: ["freeze": true]),
        APICall("POST /v1/runs/{run}/resume", ["run": "held"]),
        APICall("POST /v1/runs/{run}/signals/{name}", ["run": "held", "name": "go"], sending: ["by": "ada"]),
        APICall("POST /v1/runs/{run}/cancel", ["run": "held-2"]),
        APICall("POST /v1/runs/{run}/terminate", ["run": "held-3"]),
        APICall("POST /v1/runs/{run}/retry", ["run": "held-2"]),
        APICall("POST /v1/runs/{run}/rerun", ["run": "held-3"], status: 201),
        APICall("POST /v1/callbacks/{token}/heartbeat", ["token": "token-1"]),
        APICall("POST /v1/callbacks/{token}/complete", ["token": "token-1"], sending: ["output": 1]),
        APICall(
            "POST /v1/callbacks/{token}/fail",
            ["token": "token-2"],
            sending: ["error": ["type": "Declined"]]
        ),
    ]

    private static let steps = [
        APICall("POST /v1/runs/{run}/steps/{path...}/now", ["run": "asleep", "path...": "rest"]),
        APICall("POST /v1/runs/{run}/steps/{path...}/fail", ["run": "slow", "path...": "only"]),
        APICall(
            "POST /v1/runs/{run}/steps/{path...}/resolve",
            ["run": "broken", "path...": "only"],
            sending: ["output": "by hand"]
        ),
    ]

    private static let batches = [
        APICall(
            "POST /v1/batches",
            sending: ["filter": ["workflow": "none"], "action": "cancel"],
            status: 201,
            keeps: ["id": "batch"]
        ),
        APICall("GET /v1/batches"), APICall("GET /v1/batches/{id}", ["id": "batch"]),
    ]

    private static let schedule: JSONValue = ["workflow": "called", "cron": "@yearly"]
    private static let past: JSONValue = ["since": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z"]

    private static let schedules = [
        APICall("PUT /v1/schedules/{name}", sending: schedule, status: 201), APICall("GET /v1/schedules"),
        APICall("GET /v1/schedules/{name}"), APICall("GET /v1/schedules/{name}/next"),
        APICall("GET /v1/schedules/{name}/fires"), APICall("POST /v1/schedules/{name}/pause"),
        APICall("POST /v1/schedules/{name}/resume"),
        APICall("POST /v1/schedules/{name}/trigger", status: 201),
        APICall("POST /v1/schedules/{name}/backfill", sending: past),
        APICall("DELETE /v1/schedules/{name}", status: 204),
    ]

    private static let operations = [
        APICall("PUT /v1/queues/{name}", sending: ["weight": 2]), APICall("GET /v1/queues"),
        APICall("GET /v1/charts"), APICall("GET /v1/queues/{name}"),
        APICall("POST /v1/queues/{name}/pause"),
        APICall("POST /v1/queues/{name}/resume"),
        APICall("GET /v1/workers", keeps: ["items/0/id": "worker"]),
        APICall("POST /v1/workers/{worker}/drain"), APICall("GET /v1/plugins"), APICall("GET /healthz"),
        APICall("GET /readyz"), APICall("GET /metrics"), APICall("GET /v1/openapi.json"),
        APICall("GET /assets/{file}", ["file": "app.js"]),
        APICall("POST /v1/runs/import", status: 409),
    ]

    /// From the first key on the API is closed.
    private static let access = [
        APICall(
            "POST /v1/tokens",
            sending: ["name": "boss", "role": "admin"],
            status: 201,
            keeps: ["token": "key"]
        ),
        APICall("GET /v1/tokens"), APICall("POST /v1/session"), APICall("GET /v1/session"),
        APICall("DELETE /v1/session", status: 204),
        APICall("POST /v1/tokens", sending: ["name": "guest", "role": "viewer"], status: 201),
        APICall("DELETE /v1/tokens/{name}", ["name": "guest"], status: 204),
    ]
}

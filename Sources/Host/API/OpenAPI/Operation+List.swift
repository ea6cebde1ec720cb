import JSON
import Scheduler

extension Operation {
    /// Every call of the API.
    static let all = runs + runActions + workflows + schedules + operations + access

    private typealias Terms = SchemaTerms

    private static let wait = Query("wait", "holds the answer so long, a minute at most", Terms.duration)
    private static let version = Query("version", "this version", Terms.ordinal)
    private static let named = ["name": Terms.name]

    private static let runs: [Operation] = [
        Operation(
            "POST /v1/runs",
            "Start a run",
            body: "RunRequest",
            [(201, .one("Run"))],
            problems: [404]
        ),
        Operation(
            "POST /v1/runs/import",
            "Keep an exported run to be read",
            body: "RunDocument",
            [(200, .one("RunDetail")), (201, .one("RunDetail"))]
        ),
        Operation(
            "POST /v1/runs/{run}/rerun",
            "Start a new run in place of one that has ended",
            body: "Rerun",
            [(201, .one("Run"))]
        ),
        Operation("GET /v1/runs", "List runs, the newest first", query: runFilter, [(200, .page("Run"))]),
        Operation(
            "GET /v1/runs/{run}",
            "Show a run",
            query: [wait],
            [(200, .one("RunDetail"))]
        ),
        Operation(
            "GET /v1/runs/{run}/steps",
            "List a run's steps in order",
            query: [
                limit, position,
                Query("status", "with these statuses", Terms.orNothing(Terms.words(StepStatus.self))),
                Query("outputs", "with payloads", Terms.flag),
            ],
            [(200, .page("Step"))]
        ),
        Operation(
            "GET /v1/runs/{run}/history",
            "List what happened in a run",
            query: [
                limit, position, Query("after", "events after this number", Terms.position), wait,
            ],
            [(200, .page("Event"))]
        ),
        Operation(
            "GET /v1/runs/{run}/diagnosis",
            "Say why a run waits or failed, and what to do",
            [(200, .one("Diagnosis"))]
        ),
        Operation(
            "GET /v1/runs/{run}/logs",
            "List or follow what a run's programs wrote",
            query: [
                limit, position, Query("step", "of the step at this path"),
                Query("attempt", "of this attempt", Terms.ordinal),
                Query("after", "lines after this position", Terms.position),
                Query("follow", "as server-sent events, to the run's end", Terms.flag),
            ],
            [(200, .pageOrStream("LogLine"))]
        ),
        Operation(
            "GET /v1/runs/{run}/artifacts",
            "List the files of a run",
            query: [limit, position],
            [(200, .page("Artifact"))]
        ),
        Operation(
            "GET /v1/runs/{run}/artifacts/{id}",
            "Get the bytes of a file",
            [(200, .raw(["application/octet-stream", "*/*"]))],
            problems: [410]
        ),
        Operation(
            "GET /v1/stream",
            "Follow what changes, as server-sent events",
            query: [topics],
            [(200, .raw(["text/event-stream"]))],
            problems: [404]
        ),
    ]

    private static let topics = Query(
        "topics",
        "`run:ID`, `runs`, `queues`, `workers`, separated by commas",
        isRequired: true,
        {
            let topic = "(runs|queues|workers|run:run_[0-7][0-9a-hjkmnp-tv-z]{25})"
            return Terms.pattern("\(topic)(,\(topic)){0,9}")
        }()
    )

    private static let runFilter =
        [limit, cursor(Terms.run), Query("imported", "those that were imported, and no others", Terms.flag)]
        + [
            Query("workflow", "of this workflow", Terms.pattern("[^,\\x00]{1,100}")),
            Query("status", "with these statuses", Terms.words(RunStatus.self)),
            Query("compensation", "with these", Terms.words(CompensationStatus.self)),
            Query("key", "with this key", Terms.word), Query("parent", "children of this run", Terms.run),
            Query("schedule", "of this schedule", Terms.word),
            Query("error_type", "that failed so", Terms.pattern("[^,\\x00]{1,100}")),
            Query("reason", "in which something waits for this", Terms.words(Wait.Reason.self)),
            Query("since", "created since", Terms.time), Query("until", "created before", Terms.time),
        ].map { Query($0.name, $0.summary, Terms.orNothing($0.schema)) }

    private static let runActions: [Operation] =
        [
            ("resume", "Let a run go on"),
            ("cancel", "Stop a run and undo what it did"), ("terminate", "Stop a run at once"),
            ("retry", "Let a run that failed or was cancelled go on where it stands"),
        ].map { name, summary in
            Operation("POST /v1/runs/{run}/\(name)", summary, body: "Reason", [(200, .one("RunDetail"))])
        }
        + [
            Operation(
                "POST /v1/runs/{run}/pause",
                "Let running attempts end, or freeze them, and start nothing",
                body: "Pause",
                [(200, .one("RunDetail"))]
            )
        ]
        + [
            ("now", "End a step's sleep, back-off or snooze"), ("fail", "End a step's attempt as failed"),
            ("resolve", "Count a step as done"),
        ].map { name, summary in
            Operation(
                "POST /v1/runs/{run}/steps/{path...}/\(name)",
                summary,
                body: name == "resolve" ? "StepAction" : "Reason",
                [(200, .one("RunDetail"))]
            )
        }
        + [
            Operation(
                "POST /v1/runs/{run}/signals/{name}",
                "Send a signal",
                parts: ["name": Terms.word],
                body: "Anything",
                [(200, .one("SignalSent"))]
            )
        ]
        + [
            ("complete", "Answer for a step that has deferred", "Answer"),
            ("fail", "Let a deferred step fail", "Refusal"),
            ("heartbeat", "Say that work on a deferred step goes on", "Beat"),
        ].map { name, summary, body in
            Operation(
                "POST /v1/callbacks/{token}/\(name)",
                summary,
                body: body,
                [(200, .one("Anything"))],
                problems: [410]
            )
        }

    private static let workflows: [Operation] = [
        Operation(
            "GET /v1/workflows",
            "List workflows",
            query: [limit, cursor(Terms.name)],
            [(200, .page("Version"))]
        ),
        Operation(
            "POST /v1/workflows/validate",
            "Check a definition without storing it",
            body: "Definition",
            [(200, .one("Validation"))]
        ),
        Operation(
            "PUT /v1/workflows/{name}",
            "Apply a definition",
            body: "Definition",
            [(200, .one("Applied")), (201, .one("Applied"))]
        ),
        Operation(
            "GET /v1/workflows/{name}",
            "Show a workflow",
            query: [version],
            [(200, .one("Workflow"))]
        ),
        Operation(
            "GET /v1/workflows/{name}/versions",
            "List the versions of a workflow",
            query: [limit, position],
            [(200, .page("Version"))]
        ),
        Operation(
            "GET /v1/workflows/{name}/graph",
            "Lay a workflow out",
            query: [version],
            [(200, .one("Graph"))]
        ),
    ]

    private static let schedules: [Operation] = [
        Operation(
            "GET /v1/schedules",
            "List schedules",
            query: [limit, cursor(Terms.name)],
            [(200, .page("Schedule"))]
        ),
        Operation("GET /v1/schedules/{name}", "Show a schedule", [(200, .one("Schedule"))]),
        Operation(
            "PUT /v1/schedules/{name}",
            "Put a schedule",
            parts: named,
            body: "ScheduleRequest",
            [(200, .one("Schedule")), (201, .one("Schedule"))]
        ),
        Operation("DELETE /v1/schedules/{name}", "Delete a schedule", [(204, .nothing)]),
        Operation(
            "GET /v1/schedules/{name}/next",
            "List its next instants",
            query: [limit, Query("from", "after this time", Terms.time)],
            [(200, .page("Instant"))]
        ),
        Operation(
            "GET /v1/schedules/{name}/fires",
            "List what became of its instants",
            query: [limit, cursor(Terms.pattern("[0-9]{1,17}"))],
            [(200, .page("Fire"))]
        ),
        Operation(
            "POST /v1/schedules/{name}/pause",
            "Leave its instants out",
            body: "Reason",
            [(200, .one("Schedule"))]
        ),
        Operation("POST /v1/schedules/{name}/resume", "Go on", body: "Reason", [(200, .one("Schedule"))]),
        Operation(
            "POST /v1/schedules/{name}/trigger",
            "Start a run now",
            body: "Reason",
            [(201, .one("Run"))]
        ),
        Operation(
            "POST /v1/schedules/{name}/backfill",
            "Start a run for each past instant that has none",
            body: "Backfill",
            [(200, .one("Anything"))]
        ),
    ]

    private static let operations: [Operation] = [
        Operation(
            "POST /v1/batches",
            "Do one action to all runs that match",
            body: "BatchRequest",
            [(200, .one("BatchPreview")), (201, .one("Batch"))]
        ),
        Operation(
            "GET /v1/batches",
            "List batches",
            query: [limit, cursor(Terms.pattern("batch_[0-7][0-9a-hjkmnp-tv-z]{25}"))],
            [(200, .page("Batch"))]
        ),
        Operation("GET /v1/batches/{id}", "Show how far a batch is", [(200, .one("Batch"))]),
        Operation("GET /v1/queues", "List queues", query: [limit, position], [(200, .page("Queue"))]),
        Operation("GET /v1/queues/{name}", "Show a queue", [(200, .one("Queue"))]),
        Operation(
            "PUT /v1/queues/{name}",
            "Say how much of the workers a queue gets",
            parts: ["name": Terms.word],
            body: "QueueSettings",
            [(200, .one("Queue"))]
        ),
        Operation(
            "POST /v1/queues/{name}/pause",
            "Claim nothing more of a queue",
            parts: ["name": Terms.word],
            body: "Reason",
            [(200, .one("Queue"))]
        ),
        Operation(
            "POST /v1/queues/{name}/resume",
            "Claim of a queue again",
            parts: ["name": Terms.word],
            body: "Reason",
            [(200, .one("Queue"))]
        ),
        Operation(
            "GET /v1/charts",
            "Show how runs ended over a time, and how long things took",
            query: [
                Query("since", "an hour ago unless told", Terms.time),
                Query("until", "now unless told", Terms.time),
                Query("workflow", "of this workflow; waits and attempts are of all", Terms.name),
                Query(
                    "buckets",
                    "at most so many, 60 unless told",
                    ["type": "integer", "minimum": 1, "maximum": 500]
                ),
            ],
            [(200, .one("Charts"))],
            problems: [404]
        ),
        Operation("GET /v1/workers", "List workers", query: [limit, position], [(200, .page("Worker"))]),
        Operation(
            "POST /v1/workers/{worker}/drain",
            "Let a worker finish",
            body: "Reason",
            [(200, .one("Worker"))]
        ),
        Operation("GET /v1/plugins", "List plugins", query: [limit, position], [(200, .page("Plugin"))]),
        Operation("GET /healthz", "Whether the process is alive", [(200, .one("Anything"))]),
        Operation("GET /readyz", "Whether it can serve", [(200, .one("Anything"))]),
        Operation("GET /metrics", "Metrics for Prometheus", [(200, .raw(["text/plain"]))]),
        Operation("GET /v1/openapi.json", "This document", [(200, .one("Anything"))]),
    ]

    private static let access: [Operation] = [
        Operation("GET /v1/tokens", "List API keys", query: [limit, position], [(200, .page("Key"))]),
        Operation("POST /v1/tokens", "Make an API key", body: "KeyRequest", [(201, .one("NewKey"))]),
        Operation("DELETE /v1/tokens/{name}", "End an API key", [(204, .nothing)]),
        Operation("GET /v1/session", "Who calls", [(200, .one("Caller"))]),
        Operation("POST /v1/session", "Trade a key for a cookie", body: "SignIn", [(200, .one("Caller"))]),
        Operation("DELETE /v1/session", "Sign out", [(204, .nothing)]),
    ]
}

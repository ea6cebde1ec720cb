import JSON
import Scheduler

/// The JSON Schemas of the bodies that calls take.
///
/// They are closed: an unknown member is a mistake.
enum RequestSchemas {
    private typealias Terms = SchemaTerms

    /// Those that may be absent, and then are as `null`.
    static let optional: Set = ["Reason", "Pause", "Rerun", "StepAction", "Answer", "Beat"]

    static let all: JSONObject = {
        var schemas = JSONObject()
        for (name, required, properties) in listed {
            schemas[name] = Terms.object(properties, required, isOpen: false)
        }
        for name in optional {
            schemas[name] = schemas[name].map(Terms.maybe)
        }
        schemas["RunRequest"] = schemas["RunRequest"].map { Terms.adding(["not": twoTimes], to: $0) }
        schemas["Filter"] = filter
        schemas["ScheduleRequest"] = schedule
        schemas["Anything"] = [:]
        schemas["RunDocument"] = RunDocument.document
        schemas["Definition"] = ["description": "a workflow: docs/workflow-format.md"]
        return schemas
    }()

    private static let listed:
        [(name: String, required: [String], properties: KeyValuePairs<String, JSONValue>)] = [
            (
                "RunRequest", ["workflow"],
                [
                    "workflow": Terms.word, "version": Terms.maybe(Terms.ordinal), "input": Terms.anything,
                    "key": Terms.maybe(Terms.word), "labels": Terms.maybe(Terms.labels),
                    "priority": Terms.maybe(Terms.priority), "start_at": Terms.maybe(Terms.time),
                    "delay": Terms.maybe(Terms.duration),
                ]
            ),
            (
                "BatchRequest", ["filter", "action"],
                [
                    "filter": OpenAPIDocument.reference("Filter"),
                    "action": Terms.choice(BatchAction.self), "reason": Terms.maybe(Terms.reason),
                    "dry_run": Terms.maybe(Terms.flag),
                ]
            ),
            ("Reason", [], ["reason": Terms.maybe(Terms.reason)]),
            ("Pause", [], ["reason": Terms.maybe(Terms.reason), "freeze": Terms.maybe(Terms.flag)]),
            (
                "Rerun", [],
                [
                    "from_step": Terms.maybe(Terms.word), "input": Terms.anything,
                    "version": Terms.maybe(Terms.ordinal), "reason": Terms.maybe(Terms.reason),
                ]
            ),
            ("StepAction", [], ["reason": Terms.maybe(Terms.reason), "output": Terms.anything]),
            ("Answer", [], ["output": Terms.anything]),
            ("Refusal", ["error"], ["error": error]),
            ("Beat", [], ["checkpoint": Terms.anything]),
            (
                "Backfill", ["since", "until"],
                [
                    "since": Terms.time, "until": Terms.time, "reason": Terms.maybe(Terms.reason),
                ]
            ),
            (
                "QueueSettings", [],
                [
                    "weight": Terms.maybe(["type": "integer", "minimum": 1, "maximum": 1000]),
                    "concurrency": Terms.maybe(limit), "rate": Terms.maybe(rate),
                ]
            ),
            ("KeyRequest", ["name", "role"], ["name": Terms.name, "role": Terms.choice(Role.self)]),
            ("SignIn", ["token"], ["token": Terms.text]),
        ]

    private static let twoTimes: JSONValue = [
        "required": ["start_at", "delay"], "properties": ["start_at": Terms.text, "delay": Terms.text],
    ]

    private static let error = Terms.object(
        [
            "type": Terms.word, "message": Terms.maybe(Terms.reason), "retryable": Terms.maybe(Terms.flag),
            "retry_after": Terms.maybe(Terms.duration), "details": Terms.anything,
        ],
        ["type"],
        isOpen: false
    )

    private static let limit: JSONValue = [
        "type": "integer", "minimum": .integer(Int64(QueueSettings.limits.lowerBound)),
        "maximum": .integer(Int64(QueueSettings.limits.upperBound)),
    ]

    private static let rate = Terms.object(
        ["limit": limit, "per": Terms.interval],
        ["limit", "per"],
        isOpen: false
    )

    private static let schedule = Terms.adding(
        [
            "oneOf": [
                ["required": ["cron"], "properties": ["cron": Terms.text]],
                ["required": ["every"], "properties": ["every": Terms.text]],
            ]
        ],
        to: Terms.object(
            [
                "workflow": Terms.word, "input": Terms.anything, "cron": Terms.maybe(Terms.word),
                "every": Terms.maybe(Terms.interval), "zone": Terms.maybe(Terms.word),
                "overlap": Terms.maybe(Terms.choice(Schedule.Overlap.self)),
                "catch_up": Terms.maybe(Terms.duration), "jitter": Terms.maybe(Terms.duration),
                "paused": Terms.maybe(Terms.flag), "labels": Terms.maybe(Terms.labels),
            ],
            ["workflow"],
            isOpen: false
        )
    )

    /// What `GET /v1/runs` takes in its query, and lists where several may be meant.
    private static let filter: JSONValue = {
        let names = Terms.pattern("[^,\\x00]{1,100}")
        let some: JSONValue = ["anyOf": [names, Terms.list(of: names, atLeast: 1)]]
        func several<Word: RawRepresentable<String> & CaseIterable>(_ type: Word.Type) -> JSONValue {
            ["anyOf": [Terms.words(type), Terms.list(of: Terms.choice(type), atLeast: 1)]]
        }
        let members = Terms.object(
            [
                "workflow": some, "status": several(RunStatus.self),
                "compensation": several(CompensationStatus.self), "key": Terms.word, "parent": Terms.run,
                "schedule": Terms.word, "error_type": some, "reason": several(Wait.Reason.self),
                "since": Terms.time, "until": Terms.time,
                "labels": Terms.adding(["minProperties": 1], to: Terms.labels),
            ],
            [],
            isOpen: false
        )
        return Terms.adding(
            ["patternProperties": ["^label\\.[a-z]{1,20}$": Terms.label], "minProperties": 1],
            to: members
        )
    }()
}

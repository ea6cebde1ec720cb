import JSON
import Scheduler

/// The JSON Schemas of the OpenAPI document.
///
/// Objects may get further members with a later release, so none is closed but those of requests.
enum APISchemas {
    static let all: JSONObject = {
        var schemas = JSONObject()
        for (name, required, properties) in answers {
            schemas[name] = object(properties, required, isOpen: true)
        }
        for (name, required, properties) in requests {
            schemas[name] = object(properties, required, isOpen: false)
        }
        schemas["Anything"] = [:]
        schemas["RunDocument"] = RunDocument.document
        schemas["Definition"] = ["description": "a workflow: docs/workflow-format.md"]
        return schemas
    }()

    private typealias Schema = (
        name: String, required: [String], properties: KeyValuePairs<String, JSONValue>
    )

    private static func object(
        _ properties: KeyValuePairs<String, JSONValue>,
        _ required: [String],
        isOpen: Bool
    ) -> JSONValue {
        var schema: JSONObject = [
            "type": "object", "properties": .object(JSONObject(properties.map { ($0.key, $0.value) })),
        ]
        if !required.isEmpty { schema["required"] = .array(required.map { .string($0) }) }
        if !isOpen { schema["additionalProperties"] = false }
        return .object(schema)
    }

    private static let text: JSONValue = ["type": "string"]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let number: JSONValue = ["type": "integer"]
    private static let time: JSONValue = ["type": "string", "format": "date-time"]
    private static let texts: JSONValue = ["type": "object", "additionalProperties": ["type": "string"]]
    private static let list: JSONValue = ["type": "array"]
    private static let anything: JSONValue = [:]

    private static func maybe(_ type: JSONValue) -> JSONValue {
        var schema = type.objectValue ?? [:]
        if let name = schema["type"] { schema["type"] = [name, "null"] }
        return .object(schema)
    }

    private static let runMembers: KeyValuePairs<String, JSONValue> = [
        "id": text, "key": maybe(text), "workflow": text, "version": number, "parent": maybe(text),
        "schedule": maybe(text), "status": text, "compensation": text, "labels": texts, "priority": number,
        "times": ["type": "object"], "input": anything, "output": anything, "error": anything,
        "step_counts": ["type": "object"], "waiting_for": ["type": "array", "items": wait],
        "imported": ["type": "object"],
    ]

    private static let wait: JSONValue = [
        "type": "object", "required": ["step", "reason", "text"],
        "properties": [
            "step": maybe(text), "reason": text, "text": text, "until": time,
            "holders": ["type": "array", "items": text],
        ],
    ]

    private static let durations: JSONValue = [
        "type": "object", "required": ["bounds", "counts", "seconds"],
        "properties": [
            "bounds": ["type": "array", "items": ["type": "number"]],
            "counts": ["type": "array", "items": number], "seconds": ["type": "number"],
        ],
    ]

    private static let finding: JSONValue = [
        "type": "object", "required": ["rule", "step", "sentence", "evidence", "action"],
        "properties": [
            "rule": text, "step": maybe(text), "sentence": text, "evidence": ["type": "object"],
            "action": [
                "type": "object", "required": ["text", "command"],
                "properties": ["text": text, "command": text],
            ],
        ],
    ]

    private static let answers: [Schema] = [
        ("Run", ["id", "workflow", "version", "status", "labels", "times"], runMembers),
        (
            "RunDetail", ["id", "workflow", "status", "input", "times", "step_counts", "waiting_for"],
            runMembers
        ),
        (
            "Step", ["id", "path", "status", "attempts"],
            [
                "id": text, "path": text, "number": number, "status": text, "started_at": maybe(time),
                "ended_at": maybe(time), "error": anything, "attempts": list, "input": anything,
                "output": anything,
            ]
        ),
        (
            "Event", ["seq", "type", "at"],
            [
                "seq": number, "type": text, "at": time, "path": text, "step": number,
                "data": ["type": "object"],
            ]
        ),
        ("SignalSent", ["id", "signal"], ["id": text, "signal": text]),
        (
            "Diagnosis", ["run", "status", "sentence", "findings"],
            [
                "run": text, "status": text, "sentence": text,
                "findings": ["type": "array", "items": finding],
            ]
        ),
        ("LogLine", ["at", "level", "message"], ["at": time, "level": text, "message": text]),
        (
            "Artifact", ["id", "name", "media_type", "size", "sha256"],
            [
                "id": text, "step": maybe(text), "attempt": number, "name": text, "media_type": text,
                "size": number, "sha256": text, "created_at": time,
            ]
        ),
        ("Version", ["name", "version", "digest"], ["name": text, "version": number, "digest": text]),
        (
            "Workflow", ["name", "version", "digest", "source"],
            ["name": text, "version": number, "digest": text, "source": text, "input": anything]
        ),
        (
            "Applied", ["name", "version", "new"],
            ["name": text, "version": number, "new": flag, "digest": text]
        ),
        ("Validation", ["valid", "name"], ["valid": flag, "name": text, "digest": text, "warnings": list]),
        ("Graph", ["nodes", "edges", "groups"], ["nodes": list, "edges": list, "groups": list]),
        (
            "Schedule", ["name", "workflow", "zone", "overlap", "paused"],
            [
                "name": text, "workflow": text, "cron": text, "every": text, "zone": text, "overlap": text,
                "catch_up": text, "jitter": text, "paused": flag, "next_at": maybe(time), "labels": texts,
            ]
        ),
        ("Instant", ["at", "local"], ["at": time, "local": text]),
        ("Fire", ["at", "status"], ["at": time, "status": text, "run": maybe(text), "reason": maybe(text)]),
        (
            "Queue", ["name", "depth", "running", "paused", "weight"],
            [
                "name": text, "depth": number, "ready": number, "running": number, "held": number,
                "workers": number, "paused": flag, "weight": number, "concurrency": maybe(number),
                "rate": maybe(["type": "object"]), "oldest_age_ms": maybe(number),
            ]
        ),
        (
            "Batch", ["id", "status", "action", "filter", "total", "done", "failed"],
            [
                "id": text, "status": text, "action": text, "filter": anything, "reason": maybe(text),
                "started_by": text, "total": number, "done": number, "failed": number, "failures": list,
                "created_at": time, "ended_at": maybe(time),
            ]
        ),
        (
            "BatchPreview", ["action", "dry_run", "total", "runs"],
            ["action": text, "dry_run": flag, "total": number, "runs": list]
        ),
        (
            "Worker", ["id", "alive", "draining", "running"],
            ["id": text, "alive": flag, "draining": flag, "running": number, "expires_at": time]
        ),
        (
            "Charts",
            ["since", "until", "bucket_seconds", "runs", "run_duration", "queue_wait", "attempt_duration"],
            [
                "since": time, "until": time, "bucket_seconds": number, "runs": list,
                "run_duration": durations, "queue_wait": durations, "attempt_duration": durations,
            ]
        ),
        ("Plugin", ["name", "actions"], ["name": text, "version": maybe(text), "actions": list]),
        ("Key", ["name", "role"], ["name": text, "role": text, "created_at": time, "created_by": text]),
        ("NewKey", ["name", "role", "token"], ["name": text, "role": text, "token": text]),
        ("Caller", ["name", "role"], ["name": text, "role": text]),
        (
            "Problem", ["type", "title", "status", "detail"],
            [
                "type": text, "title": text, "status": number, "detail": text,
                "errors": ["type": "array", "items": ["type": "object"]],
            ]
        ),
    ]

    private static let requests: [Schema] = [
        (
            "RunRequest", ["workflow"],
            [
                "workflow": text, "version": ["type": "integer", "minimum": 1], "input": anything,
                "key": maybe(text), "labels": texts,
                "priority": ["type": "integer", "minimum": -100, "maximum": 100], "start_at": maybe(time),
                "delay": maybe(text),
            ]
        ),
        (
            "BatchRequest", ["filter", "action"],
            [
                "filter": ["type": "object", "minProperties": 1],
                "action": ["enum": .array(BatchAction.allCases.map { .string($0.rawValue) })],
                "reason": maybe(text), "dry_run": flag,
            ]
        ),
        ("Reason", [], ["reason": maybe(text)]),
        (
            "Rerun", [],
            [
                "from_step": maybe(text), "input": anything,
                "version": ["type": "integer", "minimum": 1], "reason": maybe(text),
            ]
        ),
        ("StepAction", [], ["reason": maybe(text), "output": anything]),
        ("Answer", [], ["output": anything, "error": anything, "checkpoint": anything]),
        (
            "ScheduleRequest", ["workflow"],
            [
                "workflow": text, "input": anything, "cron": text, "every": text, "zone": text,
                "overlap": ["enum": ["skip", "queue", "cancel", "allow"]], "catch_up": text, "jitter": text,
                "paused": flag, "labels": texts,
            ]
        ),
        ("Backfill", ["since", "until"], ["since": time, "until": time]),
        (
            "QueueSettings", [],
            [
                "weight": ["type": "integer", "minimum": 1, "maximum": 1000], "concurrency": maybe(number),
                "rate": maybe(["type": "object"]),
            ]
        ),
        (
            "KeyRequest", ["name", "role"],
            ["name": text, "role": ["enum": ["viewer", "operator", "admin"]]]
        ),
        ("SignIn", ["token"], ["token": text]),
    ]
}

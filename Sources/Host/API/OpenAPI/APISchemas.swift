import JSON
import Scheduler

/// The JSON Schemas of what calls answer.
///
/// They are open: a later release may say more.
enum APISchemas {
    private typealias Terms = SchemaTerms

    static let all: JSONObject = {
        var schemas = RequestSchemas.all
        for answer in answers { schemas[answer.name] = Terms.object(answer.properties, answer.required) }
        return schemas
    }()

    static func answer(_ name: String) -> JSONValue {
        answers.first { $0.name == name }.map { Terms.object($0.properties, $0.required) } ?? [:]
    }

    private typealias Schema = (
        name: String, required: [String], properties: KeyValuePairs<String, JSONValue>
    )

    private static let runMembers: KeyValuePairs<String, JSONValue> = [
        "id": Terms.run, "key": Terms.maybe(Terms.text), "workflow": Terms.text, "version": Terms.number,
        "parent": Terms.maybe(Terms.run),
        "schedule": Terms.maybe(Terms.text), "status": Terms.choice(RunStatus.self),
        "compensation": Terms.choice(CompensationStatus.self), "labels": Terms.texts,
        "priority": Terms.priority,
        "times": times, "input": Terms.anything, "output": Terms.anything, "error": Terms.anything,
        "step_counts": counts,
        "waiting_for": Terms.list(of: wait), "imported": Terms.object, "last_seq": Terms.number,
    ]

    private static let times = Terms.object(
        [
            "created_at": Terms.time, "scheduled_at": Terms.maybe(Terms.time),
            "ended_at": Terms.maybe(Terms.time),
        ],
        ["created_at"]
    )

    private static let counts: JSONValue = ["type": "object", "additionalProperties": Terms.number]

    private static let attempt = Terms.object(
        [
            "number": Terms.number, "status": Terms.choice(AttemptStatus.self),
            "started_at": Terms.maybe(Terms.time),
            "ended_at": Terms.maybe(Terms.time), "worker": Terms.maybe(Terms.text), "error": Terms.anything,
            "exit": Terms.anything,
            "receipt": Terms.anything,
        ],
        ["number", "status"]
    )

    private static let wait: JSONValue = [
        "type": "object", "required": ["step", "reason", "text"],
        "properties": [
            "step": Terms.maybe(Terms.text), "reason": Terms.choice(Wait.Reason.self), "text": Terms.text,
            "until": Terms.time,
            "holders": Terms.list(of: Terms.run),
        ],
    ]

    private static let durations: JSONValue = [
        "type": "object", "required": ["bounds", "counts", "seconds"],
        "properties": [
            "bounds": ["type": "array", "items": ["type": "number"]],
            "counts": Terms.list(of: Terms.number), "seconds": ["type": "number"],
        ],
    ]

    private static let finding: JSONValue = [
        "type": "object", "required": ["rule", "step", "sentence", "evidence", "action"],
        "properties": [
            "rule": Terms.text, "step": Terms.maybe(Terms.text), "sentence": Terms.text,
            "evidence": Terms.object,
            "action": [
                "type": "object", "required": ["text", "command"],
                "properties": ["text": Terms.text, "command": Terms.text],
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
                "id": Terms.text, "path": Terms.text, "number": Terms.number,
                "status": Terms.choice(StepStatus.self),
                "started_at": Terms.maybe(Terms.time), "ended_at": Terms.maybe(Terms.time),
                "error": Terms.anything,
                "attempts": Terms.list(of: attempt), "input": Terms.anything, "output": Terms.anything,
                "child": Terms.run,
            ]
        ),
        (
            "Event", ["seq", "type", "at"],
            [
                "seq": Terms.number, "type": Terms.text, "at": Terms.time, "path": Terms.text,
                "step": Terms.number,
                "data": Terms.object,
            ]
        ),
        ("SignalSent", ["id", "signal"], ["id": Terms.run, "signal": Terms.text]),
        (
            "Diagnosis", ["run", "status", "sentence", "findings"],
            [
                "run": Terms.run, "status": Terms.choice(RunStatus.self), "sentence": Terms.text,
                "findings": Terms.list(of: finding),
            ]
        ),
        (
            "LogLine", ["at", "level", "message"],
            [
                "at": Terms.time, "level": Terms.choice(LogLine.Level.self), "message": Terms.text,
                "position": Terms.number,
            ]
        ),
        (
            "Artifact", ["id", "name", "media_type", "size", "sha256"],
            [
                "id": Terms.text, "step": Terms.maybe(Terms.text), "attempt": Terms.number,
                "name": Terms.text, "media_type": Terms.text,
                "size": Terms.number, "sha256": Terms.text, "created_at": Terms.time,
            ]
        ),
        (
            "Version", ["name", "version", "digest"],
            ["name": Terms.text, "version": Terms.number, "digest": Terms.text]
        ),
        (
            "Workflow", ["name", "version", "digest", "source"],
            [
                "name": Terms.text, "version": Terms.number, "digest": Terms.text, "source": Terms.text,
                "input": Terms.anything,
            ]
        ),
        (
            "Applied", ["name", "version", "new"],
            ["name": Terms.text, "version": Terms.number, "new": Terms.flag, "digest": Terms.text]
        ),
        (
            "Validation", ["valid", "name"],
            ["valid": Terms.flag, "name": Terms.text, "digest": Terms.text, "warnings": Terms.list]
        ),
        (
            "Graph", ["nodes", "edges", "groups"],
            ["nodes": Terms.list, "edges": Terms.list, "groups": Terms.list]
        ),
        (
            "Schedule", ["name", "workflow", "zone", "overlap", "paused"],
            [
                "name": Terms.text, "workflow": Terms.text, "cron": Terms.text, "every": Terms.text,
                "zone": Terms.text,
                "overlap": Terms.choice(Schedule.Overlap.self),
                "catch_up": Terms.text, "jitter": Terms.text, "paused": Terms.flag,
                "next_at": Terms.maybe(Terms.time), "labels": Terms.texts,
            ]
        ),
        ("Instant", ["at", "local"], ["at": Terms.time, "local": Terms.text]),
        (
            "Fire", ["at", "status"],
            [
                "at": Terms.time, "status": Terms.text, "run": Terms.maybe(Terms.run),
                "reason": Terms.maybe(Terms.text),
            ]
        ),
        (
            "Queue", ["name", "depth", "running", "paused", "weight"],
            [
                "name": Terms.text, "depth": Terms.number, "ready": Terms.number, "running": Terms.number,
                "held": Terms.number,
                "workers": Terms.number, "paused": Terms.flag, "weight": Terms.number,
                "concurrency": Terms.maybe(Terms.number),
                "rate": Terms.maybe(Terms.object), "oldest_age_ms": Terms.maybe(Terms.number),
            ]
        ),
        (
            "Batch", ["id", "status", "action", "filter", "total", "done", "failed"],
            [
                "id": Terms.text, "status": ["enum": ["running", "completed"]],
                "action": Terms.choice(BatchAction.self), "filter": Terms.anything,
                "reason": Terms.maybe(Terms.text),
                "started_by": Terms.text, "total": Terms.number, "done": Terms.number, "failed": Terms.number,
                "failures": Terms.list,
                "created_at": Terms.time, "ended_at": Terms.maybe(Terms.time),
            ]
        ),
        (
            "BatchPreview", ["action", "dry_run", "total", "runs"],
            ["action": Terms.text, "dry_run": Terms.flag, "total": Terms.number, "runs": Terms.list]
        ),
        (
            "Worker", ["id", "alive", "draining", "running"],
            [
                "id": Terms.text, "alive": Terms.flag, "draining": Terms.flag, "running": Terms.number,
                "expires_at": Terms.time,
            ]
        ),
        (
            "Charts",
            ["since", "until", "bucket_seconds", "runs", "run_duration", "queue_wait", "attempt_duration"],
            [
                "since": Terms.time, "until": Terms.time, "bucket_seconds": Terms.number, "runs": Terms.list,
                "run_duration": durations, "queue_wait": durations, "attempt_duration": durations,
            ]
        ),
        (
            "Plugin", ["path"],
            [
                "name": Terms.text, "version": Terms.maybe(Terms.text), "path": Terms.text,
                "actions": Terms.list, "problem": Terms.text,
            ]
        ),
        (
            "Key", ["name", "role"],
            [
                "name": Terms.text, "role": Terms.choice(Role.self), "created_at": Terms.time,
                "created_by": Terms.text,
            ]
        ),
        (
            "NewKey", ["name", "role", "token"],
            ["name": Terms.text, "role": Terms.choice(Role.self), "token": Terms.text]
        ),
        (
            "Caller", ["name", "role"],
            ["name": Terms.text, "role": Terms.choice(Role.self), "expires_at": Terms.time]
        ),
        (
            "Problem", ["type", "title", "status", "detail"],
            [
                "type": Terms.text, "title": Terms.text, "status": Terms.number, "detail": Terms.text,
                "errors": Terms.list(of: Terms.object),
            ]
        ),
    ]
}

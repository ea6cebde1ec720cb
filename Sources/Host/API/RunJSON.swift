import JSON
import Linux
import Scheduler

/// Runs, steps, events and lines as the API writes them.
enum RunJSON {
    static func summary(_ run: RunSummary) -> JSONObject {
        var object = JSONObject()
        object["id"] = .string(run.run.description)
        object["key"] = text(run.key)
        object["workflow"] = .string(run.workflow)
        object["version"] = .integer(Int64(run.version))
        object["parent"] = text(run.parent?.description)
        if let path = run.parentPath { object["parent_step"] = .string(path) }
        if let undoes = run.undoes { object["undoes"] = .string(undoes.description) }
        object["schedule"] = text(run.schedule)
        object["status"] = .string(run.status.rawValue)
        object["compensation"] = .string(run.compensation.rawValue)
        object["error_type"] = text(run.errorType)
        object["labels"] = labels(run.labels)
        object["priority"] = .integer(Int64(run.priority))
        object["times"] = [
            "created_at": .string(run.createdAt.rfc3339), "scheduled_at": time(run.scheduledAt),
            "ended_at": time(run.endedAt),
        ]
        return object
    }

    static func detail(_ run: RunDetail) -> JSONValue {
        var object = summary(run.summary)
        object["error_type"] = nil
        object["started_by"] = .string(run.actor)
        object["input"] = run.input.value
        object["output"] = run.output?.value ?? .null
        object["error"] = run.error?.json ?? .null
        let counts = StepStatus.allCases.compactMap { status in
            run.stepCounts[status].map { (status.rawValue, JSONValue.integer(Int64($0))) }
        }
        object["step_counts"] = .object(JSONObject(counts))
        object["waiting_for"] = .array(run.waitingFor.map(wait))
        object["last_seq"] = .integer(Int64(run.lastSeq))
        return .object(object)
    }

    /// The run as it is answered to whoever started it, before anything is read back.
    static func started(_ submission: Submission, definition: StoredDefinition, at now: Timestamp)
        -> JSONValue
    {
        let isLater = submission.startAt.map { $0 > now } ?? false
        let isInLine = definition.compiled.concurrency != nil && !submission.holdsSlot
        let status: RunStatus = isLater ? .scheduled : isInLine ? .queued : .running
        var object = JSONObject()
        object["id"] = .string(submission.run.description)
        object["key"] = text(submission.key)
        object["workflow"] = .string(definition.compiled.name)
        object["version"] = .integer(Int64(definition.version))
        object["status"] = .string(status.rawValue)
        object["compensation"] = .string(CompensationStatus.none.rawValue)
        object["labels"] = labels(submission.labels)
        object["priority"] = .integer(Int64(submission.priority))
        object["times"] = [
            "created_at": .string(now.rfc3339), "scheduled_at": time(submission.startAt), "ended_at": .null,
        ]
        object["input"] = submission.input.value
        return .object(object)
    }

    static func step(_ step: StepView, withPayloads: Bool) -> JSONValue {
        var object = JSONObject()
        object["id"] = .string(stepID(of: step.path))
        object["path"] = .string(step.path)
        object["number"] = .integer(Int64(step.step))
        object["status"] = .string(step.status.rawValue)
        object["started_at"] = time(step.startedAt)
        object["ended_at"] = time(step.endedAt)
        object["error"] = step.error?.json ?? .null
        object["attempts"] = .array(attempts(step))
        if let child = step.child { object["child"] = .string(child.description) }
        if withPayloads {
            object["input"] = step.input?.value ?? .null
            object["output"] = step.output?.value ?? .null
        }
        return .object(object)
    }

    static func event(_ numbered: NumberedEvent) -> JSONValue {
        let event = numbered.event
        var object = JSONObject([
            ("seq", .integer(Int64(numbered.seq))), ("type", .string(event.kind.rawValue)),
            ("at", .string(event.at.rfc3339)),
        ])
        object["path"] = event.path.map { .string($0) }
        object["step"] = event.step.map { .integer(Int64($0)) }
        object["data"] = .object(event.data)
        return .object(object)
    }

    static func line(_ positioned: PositionedLine, path: String?) -> JSONValue {
        let logged = positioned.line
        var object = JSONObject([
            ("position", .integer(positioned.position)), ("at", .string(logged.line.at.rfc3339)),
        ])
        object["path"] = path.map { .string($0) }
        object["step"] = .integer(Int64(logged.step))
        object["attempt"] = .integer(Int64(logged.attempt))
        object["level"] = .string(logged.line.level.rawValue)
        object["message"] = .string(logged.line.message)
        object["fields"] = logged.line.fields
        return .object(object)
    }

    /// The id of a step in its definition: `ship[3]/pack#2!` → `pack`.
    static func stepID(of path: String) -> String {
        String(path.split(separator: "/").last?.prefix { !"[#~!".contains($0) } ?? "")
    }

    private static func attempts(_ step: StepView) -> [JSONValue] {
        var attempts = step.attempts.flatMap { try? JSONValue.parse($0) }?.arrayValue ?? []
        if let live = step.live, let worker = live.worker {
            var object = JSONObject([
                ("number", .integer(Int64(live.number))), ("status", .string(AttemptStatus.running.rawValue)),
            ])
            object["started_at"] = time(step.startedAt)
            object["worker"] = .string(worker.description)
            attempts.append(.object(object))
        }
        return attempts
    }

    private static func wait(_ wait: Wait) -> JSONValue {
        var object = JSONObject()
        object["step"] = wait.path.map { .string($0) } ?? .null
        object["reason"] = .string(wait.reason.rawValue)
        object["text"] = .string(wait.text)
        object["until"] = wait.until.map { .string($0.rfc3339) }
        if !wait.holders.isEmpty {
            object["holders"] = .array(wait.holders.map { .string($0.description) })
        }
        return .object(object)
    }

    static func labels(_ labels: [String: String]) -> JSONValue {
        .object(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }

    static func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.rfc3339) } ?? .null }
    static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

import JSON
import Linux

/// What is kept of one attempt, as the API lists it.
struct Receipt {
    var number: Int
    var status: AttemptStatus
    /// When it entered the ready index; nil where it was claimed without.
    var queuedAt: Timestamp?
    var startedAt: Timestamp?
    var endedAt: Timestamp
    var worker: String
    var error: StepError?
    var report: AttemptReport?

    func adding(_ error: StepError?) -> Receipt {
        var receipt = self
        receipt.error = error
        return receipt
    }

    /// `{ NAME: reference }`; nil for none.
    var artifacts: JSONValue? {
        guard let artifacts = report?.artifacts, !artifacts.isEmpty else { return nil }
        return .object(JSONObject(artifacts.map { ($0.name, $0.reference) }))
    }

    /// `{ number, status, queued_at?, started_at, ended_at, worker, error?, exit?, receipt?, enforced?,
    /// digest?, artifacts? }`.
    var json: JSONValue {
        var object: JSONObject = ["number": .integer(Int64(number)), "status": .string(status.rawValue)]
        object["queued_at"] = queuedAt?.json
        object["started_at"] = startedAt?.json
        object["ended_at"] = endedAt.json
        object["worker"] = .string(worker)
        object["error"] = error?.json
        object["exit"] = report?.exit
        object["receipt"] = report?.receipt
        object["enforced"] = report?.enforced
        object["digest"] = report?.digest.map { .string($0) }
        object["artifacts"] = artifacts
        return .object(object)
    }
}

extension NewTask {
    /// Adds a receipt to the list, which is text: what is there already is not parsed again.
    mutating func append(_ receipt: Receipt) {
        let entry = receipt.json.serialized()
        if let left = receipt.artifacts { artifacts = left }
        guard let attempts, attempts.utf8.count > 2 else {
            attempts = "[\(entry)]"
            return
        }
        self.attempts = "\(attempts.dropLast()),\(entry)]"
    }

    /// The row of a claimed task.
    init(_ task: ClaimedTask, priority: Int, bound: Int64) {
        self.init(
            step: task.step,
            path: task.path,
            status: .ready,
            queue: task.queue,
            priority: priority,
            level: 1,
            attempt: task.attempt,
            losses: task.losses,
            spec: task.spec,
            input: task.input,
            attempts: task.attempts,
            checkpoint: task.checkpoint,
            boundMilliseconds: bound
        )
    }

    /// The row of a task as it was read.
    init(_ facts: TaskFacts, path: String, level: Int) {
        self.init(
            step: facts.step,
            path: path,
            status: facts.status == .running ? .ready : facts.status,
            queue: facts.queue,
            priority: facts.priority,
            level: level,
            attempt: facts.attempt,
            losses: facts.losses,
            spec: facts.spec,
            input: facts.input,
            attempts: facts.attempts,
            checkpoint: facts.checkpoint,
            boundMilliseconds: facts.boundMilliseconds
        )
    }
}

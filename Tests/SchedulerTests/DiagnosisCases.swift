import JSON
import Linux
import Testing

@testable import Scheduler

/// What is known, which rule must speak first or later, and what its sentence and command must name.
struct DiagnosisCase: Sendable, CustomTestStringConvertible {
    var rule: DiagnosisRule
    var facts: DiagnosisFacts
    var sentence: String
    var command: String

    var testDescription: String { rule.rawValue }

    init(_ rule: DiagnosisRule, _ facts: DiagnosisFacts, _ sentence: String, _ command: String) {
        self.rule = rule
        self.facts = facts
        self.sentence = sentence
        self.command = command
    }
}

extension DiagnosisFacts {
    static let anyRun = RunID(milliseconds: 1_764_000_000_000, random: (1, 2))
    static let other = RunID(milliseconds: 1_764_000_000_000, random: (3, 4))
    static let now = Timestamp(microseconds: 1_764_000_090_000_000)

    static func live(_ status: RunStatus, _ change: (inout DiagnosisFacts) -> Void = { _ in }) -> Self {
        var facts = DiagnosisFacts(run: anyRun, workflow: "order", status: status, now: now)
        change(&facts)
        return facts
    }

    /// A run in which something waits.
    static func waiting(
        _ cause: Wait.Cause,
        at path: String? = "orders[3]/ship",
        holders: [RunID] = [],
        _ status: RunStatus = .waiting
    ) -> Self {
        live(status) { facts in
            var wait = Wait(cause, until: now, holders: holders)
            wait.path = path
            wait.step = path == nil ? nil : 7
            facts.waits = [wait]
        }
    }

    /// A run that a step has failed.
    static func failed(
        _ type: String,
        _ message: String = "boom",
        attempts: [EndedAttempt] = [EndedAttempt(number: 1)],
        _ change: (inout FailedStep) -> Void = { _ in }
    ) -> Self {
        var step = FailedStep(
            path: "charge",
            error: StepError(type: type, message: message),
            attempts: attempts
        )
        change(&step)
        return live(.failed) { facts in
            facts.error = step.error
            facts.failures = [step]
        }
    }

    static func exited(_ code: Int, _ type: String = ErrorType.exit, _ message: String = "boom") -> Self {
        failed(type, message, attempts: [EndedAttempt(number: 1, exitCode: code)])
    }

    static func failedRun(_ type: String, _ message: String, _ status: RunStatus = .failed) -> Self {
        live(status) { $0.error = StepError(type: type, message: message) }
    }

    static func busy(_ change: (inout TaskUnderWay) -> Void) -> Self {
        var task = TaskUnderWay(path: "pack", queue: "default", readyAt: now)
        change(&task)
        return live(.running) { $0.tasks = [task] }
    }
}

extension DiagnosisCase {
    static let all = waits + live + failures + circumstances

    private static let slot = Admission.Slot(key: "workflow 7: shop", limit: 1)

    private static let waits: [DiagnosisCase] = [
        .init(.paused, .waiting(.paused, at: nil, .paused), "The run is paused.", "pawl run resume run_"),
        .init(
            .delayedStart,
            .waiting(.start, at: nil),
            "The run starts later, at 2025-",
            "pawl run watch run_"
        ),
        .init(.sleeping, .waiting(.sleep), "“orders[3]/ship” sleeps", "pawl step now run_"),
        .init(.backoff, .waiting(.backoff), "waits for its next attempt", "'orders[3]/ship'"),
        .init(.signal, .waiting(.signal("go on")), "the signal “go on”", "'go on'"),
        .init(.callback, .waiting(.callback), "callback token", "pawl step fail run_"),
        .init(.child, .waiting(.child(DiagnosisFacts.other)), "the child run run_", "pawl run why run_"),
        .init(
            .runSlot,
            .waiting(.slot(slot, held: 1), at: nil, holders: [DiagnosisFacts.other], .queued),
            "The run waits for the only slot of “shop”, held by run_",
            "pawl run why \(DiagnosisFacts.other)"
        ),
        .init(.slot, .waiting(.slot(slot, held: 0)), "others are first in line", "pawl run watch"),
        .init(
            .rate,
            .waiting(.rate(Admission.Rate(key: "api", limit: 5, milliseconds: 60_000))),
            "the rate of “api”, 5 each 1m, until",
            "pawl run watch"
        ),
        .init(.inLine, .waiting(.admission), "to be admitted", "pawl run watch"),
        .init(.queuePaused, .waiting(.queuePaused("slow")), "“slow” is paused", "pawl queue resume slow"),
        .init(.queueFull, .waiting(.queueFull("slow")), "as much as its own", "pawl queue set slow"),
        .init(.queueRate, .waiting(.queueRate("slow")), "started as much", "pawl queue set slow --rate"),
        .init(.noWorker, .waiting(.noWorker(queue: "gpu")), "no live worker", "pawl worker --queues gpu"),
        .init(
            .noPlugin,
            .waiting(.noPlugin(needs: "file/read@2", queue: "default")),
            "has the plugin's action file/read@2",
            "pawl worker list"
        ),
        .init(
            .unenforceable,
            .waiting(.unenforceable(limit: "cpus", queue: "default")),
            "requires that `cpus` is enforced",
            "pawl doctor"
        ),
    ]

    private static let live: [DiagnosisCase] = [
        .init(
            .workersBusy,
            .busy { $0.slots = 8 },
            "until a worker of queue “default” has room",
            "worker list"
        ),
        .init(
            .workerGone,
            .busy {
                $0.worker = WorkerID(high: 1, low: 2)
                $0.isWorkerAlive = false
            },
            "worker of step “pack” is gone",
            "pawl worker list"
        ),
        .init(
            .stopping,
            .busy {
                $0.worker = WorkerID(high: 1, low: 2)
                $0.isCancelled = true
            },
            "is being stopped",
            "pawl run terminate run_"
        ),
        .init(
            .running,
            .busy {
                $0.worker = WorkerID(high: 1, low: 2)
                $0.startedAt = DiagnosisFacts.now - .seconds(90)
            },
            "Step “pack” is running.",
            "pawl run logs run_"
        ),
        .init(
            .clockSkew,
            .live(.running) { $0.clockSkew = .seconds(-3) },
            "clock is 3 s behind the database's",
            "pawl doctor"
        ),
    ]
}

import JSON
import Linux

extension DiagnosisFacts {
    var diagnosis: Diagnosis { Diagnosis(run: run, status: status, findings: findings) }

    /// What there is to find, what most needs somebody first.
    private var findings: [Finding] {
        switch status {
        case .succeeded: []
        case .failed: compensationFindings + failureFindings
        case .compensating: compensationFindings + failureFindings + liveFindings
        case .cancelled, .terminated: compensationFindings + [endedEarly]
        case .scheduled, .queued, .running, .waiting, .paused, .cancelling: liveFindings
        }
    }
}

// MARK: - Failures

extension DiagnosisFacts {
    private var failureFindings: [Finding] {
        guard let failure else { return [] }
        return [failure.finding].compactMap { $0 }
            + CircumstanceRule.all.compactMap { $0.finding(failure) } + skewFindings
    }

    /// The failure that is the cause of the run's: the innermost with its error, that an attempt or a child
    /// of its own has.
    private var failure: Failure? {
        let own = failures.filter { !$0.isCompensation }
        let alike = error.map { error in
            own.filter { $0.error.type == error.type && $0.error.message == error.message }
        }
        let candidates = alike.map { $0.isEmpty && error?.type != ErrorType.timeout ? own : $0 } ?? own
        let cause = candidates.enumerated().max { one, other in
            (one.element.depth, -one.offset) < (other.element.depth, -other.offset)
        }
        return cause.map { Failure($0.element, in: self) } ?? error.map { Failure(facts: self, error: $0) }
    }

    private var compensationFindings: [Finding] {
        failures.filter(\.isCompensation).compactMap { step in
            let failure = Failure(step, in: self)
            guard let cause = failure.finding else { return nil }
            var evidence = cause.evidence
            evidence["cause"] = .string(cause.rule.rawValue)
            return Finding(
                .compensationFailed,
                at: "\(step.path)!",
                cause.sentence,
                evidence: evidence,
                next: NextStep(
                    "Mend that, then retry, which continues the compensation",
                    "pawl run retry \(run)"
                )
            )
        }
    }

    private var endedEarly: Finding {
        let isCancelled = status == .cancelled
        let how = error?.message.oneLine() ?? "\(status.rawValue)"
        return Finding(
            isCancelled ? .cancelled : .terminated,
            "The run was \(how)\(isCancelled ? "" : ", and nothing was undone").",
            evidence: error.map { ["error": $0.json] } ?? [:],
            next: NextStep("If it is to be done after all, run it again", "pawl run rerun \(run)")
        )
    }
}

extension FailedStep {
    /// The deeper, the nearer to the cause; what stands for the steps inside it has no attempts.
    fileprivate var depth: Int {
        path.utf8.count { $0 == UInt8(ascii: "/") } * 2 + (attempts.isEmpty && child == nil ? 0 : 1)
    }
}

// MARK: - Live runs

extension DiagnosisFacts {
    private var liveFindings: [Finding] {
        let gone = tasks.filter { !$0.isWorkerAlive }.map { $0.gone(run) }
        let paused = status == .paused ? waitFindings.filter { $0.rule == .paused } : []
        let others = waitFindings.filter { status != .paused || $0.rule != .paused }
        return paused + gone + others + stopping + busy + running + skewFindings
    }

    /// Those that wait for the same are told of once.
    private var waitFindings: [Finding] {
        var order: [Wait.Cause] = []
        var groups: [Wait.Cause: [Wait]] = [:]
        for wait in waits {
            if groups[wait.cause] == nil { order.append(wait.cause) }
            groups[wait.cause, default: []].append(wait)
        }
        return order.compactMap { cause in
            groups[cause].flatMap { $0.first?.finding(in: run, others: $0.count - 1) }
        }
    }

    private var stopping: [Finding] {
        tasks.first { $0.isCancelled && $0.isWorkerAlive }.map { [$0.stopping(run)] } ?? []
    }

    /// Queued, with nothing in its way but the work of others.
    private var busy: [Finding] {
        let waiting = Set(waits.compactMap(\.path))
        let queued = tasks.first { $0.worker == nil && !waiting.contains($0.path) }
        return queued.map { [$0.busy(run, now)] } ?? []
    }

    private var running: [Finding] {
        let held = tasks.filter { $0.worker != nil && $0.isWorkerAlive && !$0.isCancelled }
        return held.first.map { [$0.running(run, others: held.count - 1, now)] } ?? []
    }

    private var skewFindings: [Finding] {
        let seconds = abs(clockSkew.components.seconds)
        guard seconds >= 2 else { return [] }
        let side = clockSkew > .zero ? "ahead of" : "behind"
        return [
            Finding(
                .clockSkew,
                "This server's clock is \(seconds) s \(side) the database's.",
                evidence: ["seconds": .integer(seconds)],
                next: NextStep("Set the clocks right with NTP; what is seen of them", "pawl doctor")
            )
        ]
    }
}

extension TaskUnderWay {
    private var shown: String { path.oneLine(limit: 120) }

    fileprivate func gone(_ run: RunID) -> Finding {
        Finding(
            .workerGone,
            at: path,
            "The worker of step “\(shown)” is gone or cannot reach the database.",
            evidence: ["worker": .string(worker?.description ?? "")],
            next: NextStep("Another worker takes the step up by itself, if there is one", "pawl worker list")
        )
    }

    fileprivate func stopping(_ run: RunID) -> Finding {
        Finding(
            .stopping,
            at: path,
            "Step “\(shown)” is being stopped, for which it has its `grace`.",
            next: NextStep("Wait, or end all at once", "pawl run terminate \(run)")
        )
    }

    fileprivate func busy(_ run: RunID, _ now: Timestamp) -> Finding {
        var evidence: JSONObject = [
            "queue": .string(queue), "queued_ms": .integer(readyAt.milliseconds(until: now)),
        ]
        evidence["slots"] = slots.map { .integer(Int64($0)) }
        evidence["running"] = .integer(Int64(running))
        return Finding(
            .workersBusy,
            at: path,
            "Step “\(shown)” is queued until a worker of queue “\(queue)” has room.",
            evidence: evidence,
            next: NextStep("Start more workers or give them more slots", "pawl worker list")
        )
    }

    fileprivate func running(_ run: RunID, others: Int, _ now: Timestamp) -> Finding {
        let seconds = max(0, (startedAt ?? now).milliseconds(until: now) / 1_000)
        let more = others > 0 ? ", and \(others) other\(others == 1 ? "" : "s") beside it" : ""
        return Finding(
            .running,
            at: path,
            "Step “\(shown)” is running\(more).",
            evidence: ["worker": .string(worker?.description ?? ""), "seconds": .integer(seconds)],
            next: NextStep("Follow what it writes", "pawl run logs \(run) --follow")
        )
    }
}

import JSON
import Linux

// What needs a slot or a start within a rate, and when it is given up.

extension Deciding {
    /// What a step's `concurrency` and `rate` ask for; evaluated once, when the step becomes ready.
    func admission(_ plan: NodePlan, at place: Place) throws -> Admission? {
        guard plan.concurrencyKey != nil || plan.rateKey != nil else { return nil }
        var admission = Admission()
        if let program = plan.concurrencyKey, let limit = plan.settings.concurrency?.limit {
            let key = try admissionKey(program, "concurrency.key", at: place)
            admission.slot = Admission.Slot(key: key, limit: limit)
        }
        if let program = plan.rateKey, let rate = plan.settings.rate {
            let key = try admissionKey(program, "rate.key", at: place)
            let per = rate.perMilliseconds ?? 1_000
            admission.rate = Admission.Rate(key: key, limit: rate.limit, milliseconds: per)
        }
        return admission
    }

    private func admissionKey(_ program: CompiledProgram, _ name: String, at place: Place) throws -> String {
        let value = try required(program, name, at: place)
        let key = value.stringValue ?? value.serialized()
        let size = key.utf8.count
        guard (1...Admission.keyLimit).contains(size), !key.utf8.contains(0) else {
            throw StepError(
                type: ErrorType.expressionError,
                message: "`\(name)` must be a text of 1 to \(Admission.keyLimit) bytes, and has \(size)"
            )
        }
        return key
    }

    /// Starts the run, or puts it in line for its slot.
    mutating func enterRun(_ data: JSONObject, holdsSlot: Bool) throws {
        let slot: Admission.Slot?
        do {
            slot = try runSlot()
        } catch let error as StepError {
            startRun(data)
            return try fail(scope: state.root, error)
        }
        guard let slot, !holdsSlot else { return startRun(data) }
        var data = data
        data["key"] = .string(slot.key)
        emit(.runQueued, data)
        transition.applications.append(
            Application(
                step: 0,
                admission: Admission(slot: slot),
                priority: view.facts.priority,
                replaces: definition.workflow.concurrency?.onConflict == .replace
            )
        )
    }

    /// The slot that the run holds from its start to its end; keys are per workflow.
    func runSlot() throws -> Admission.Slot? {
        guard let concurrency = definition.workflow.concurrency, let program = definition.concurrencyKey
        else { return nil }
        let key = try admissionKey(program, "concurrency.key", at: Place(scope: 0))
        return Admission.Slot(
            key: "workflow \(definition.stored.workflow): \(key)",
            limit: concurrency.limit
        )
    }
}

// MARK: - Giving up

extension Deciding {
    /// What a step holds or stands in line for, as it was before this decision; nil for nothing.
    func releasing(_ number: Int) -> Release? {
        guard isStored(number), let task = formerTask(number), let admission = task.row.spec.admission
        else { return nil }
        let isWaiting = task.token == nil && task.status == .blocked && view.state?.paused == false
        return Release(step: number, admission: admission, isWaiting: isWaiting)
    }

    mutating func releaseRun() {
        // A key that could not be evaluated was never taken.
        guard view.state != nil, let slot = try? runSlot() else { return }
        transition.releases.append(
            Release(step: 0, admission: Admission(slot: slot), isWaiting: false)
        )
    }

    /// A task before this decision; who writes or ends one has read it.
    private func formerTask(_ number: Int) -> KnownTask? {
        if let task = reported[number] { return task }
        return view.tasks?[number].map { facts in
            KnownTask(
                row: NewTask(facts, path: "", level: 0),
                token: facts.token,
                startedAt: facts.startedAt
            )
        }
    }

    /// Tasks that are ready but for their admission stand in line for it; all others give up what they have.
    func project(admissionsOf tasks: [NewTask], into transition: inout Transition) {
        for task in tasks where !keepsAdmission.contains(task.step) {
            guard let admission = task.spec.admission else { continue }
            if let release = releasing(task.step) { transition.releases.append(release) }
            guard task.status == .ready else { continue }
            transition.applications.append(
                Application(step: task.step, admission: admission, priority: task.priority)
            )
        }
    }
}

extension Definition {
    /// The slot that a run would need; nil where the workflow has no `concurrency`.
    ///
    /// - Throws: a ``StepError`` when the key cannot be evaluated.
    public func slot(of submission: Submission, now: Timestamp) throws -> Admission.Slot? {
        let view = RunView(
            run: submission.run,
            definition: self,
            facts: RunFacts(submission, createdAt: now),
            state: nil,
            version: 0
        )
        return try Deciding(Decider(), view, now: now).runSlot()
    }
}

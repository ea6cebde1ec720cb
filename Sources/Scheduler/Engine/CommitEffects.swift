import Linux

/// Wakes whoever waits for what was committed: this process's own worker and watchers first, then others.
final class CommitEffects: TransitionEffects {
    let onTimer = Locked<Observer<NewTimer>?>(nil)
    let onAdmission = Locked<Observer<AdmissionKeys>?>(nil)
    let onMessages = Locked<Observer<[Message]>?>(nil)
    let onHeld = Locked<Observer<RunID>?>(nil)
    private let worker: Worker?
    private let watchers: RunWatchers
    private let hints: any HintPublisher
    private let measures: Measures
    private let spans: (any SpanRecorder)?
    private let reportTo: @Sendable (EngineReport) -> Void

    init(
        worker: Worker?,
        watchers: RunWatchers,
        hints: any HintPublisher,
        measures: Measures,
        spans: (any SpanRecorder)?,
        report: @escaping @Sendable (EngineReport) -> Void
    ) {
        self.worker = worker
        self.watchers = watchers
        self.hints = hints
        self.measures = measures
        self.spans = spans
        reportTo = report
    }

    func committed(_ transition: Transition, claimed: Set<Int>) {
        measures.observe(transition)
        var queues: Set<String> = []
        for task in transition.tasks where task.storedStatus == .ready && !claimed.contains(task.step) {
            queues.insert(task.queue)
        }
        for queue in queues {
            if let worker, worker.configuration.queues.contains(queue) { worker.expectWork() }
            hints.work(in: queue)
        }
        if !transition.cancels.isEmpty {
            worker?.cancel(transition.run, steps: transition.cancels)
            hints.cancel(run: transition.run)
        }
        if transition.changesHeld {
            onHeld.withLock { $0 }?.tell(transition.run)
            hints.cancel(run: transition.run)
        }
        if !transition.timers.isEmpty, let observer = onTimer.withLock({ $0 }) {
            for timer in transition.timers { observer.tell(timer) }
        }
        let keys = transition.admissionKeys
        if !keys.isEmpty, let observer = onAdmission.withLock({ $0 }) { observer.tell(keys) }
        if !transition.messages.isEmpty { onMessages.withLock { $0 }?.tell(transition.messages) }
        watchers.changed(transition.run, ended: transition.ends != nil)
        if transition.ends != nil { hints.ended(run: transition.run) }
    }

    func trace(_ transition: Transition, of workflow: String, facts: RunFacts, caller: TraceContext?) {
        guard let spans else { return }
        let trace = RunTrace(run: transition.run, caller: caller)
        spans.record(trace.spans(of: transition, workflow: workflow, facts: facts))
    }

    /// A caller's trace is handed on even where nothing is recorded here.
    func traceContext(of task: ClaimedTask, caller: TraceContext?) -> TraceContext? {
        guard spans != nil || caller != nil else { return nil }
        return RunTrace(run: task.run, caller: caller)
            .context(ofAttempt: task.step, startedAt: task.startedAt)
    }

    func wrote(_ batch: Batch, in duration: Duration) {
        measures.commit.observe(duration)
        if batch.claim != nil { measures.claim.observe(duration) }
    }

    func rejectedLateResult(run: RunID, step: Int, caller: TraceContext?) {
        let trace = RunTrace(run: run, caller: caller).trace
        reportTo(.lateResultRejected(run: run, step: step, trace: trace))
    }

    func report(_ error: StoreError) {
        reportTo(.storeFailed(error))
    }
}

extension Transition {
    /// Whether workers learn by their next heartbeat alone that their steps stand still, go on or are gone.
    fileprivate var changesHeld: Bool { freeze != nil || ends?.status == .terminated }
}

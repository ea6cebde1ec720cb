import JSON
import Linux

/// The trace of a run: the run, its steps, and the queueing and running of each attempt.
///
/// All ids follow from the run's, so whichever process commits an end knows the span above it, and a plugin
/// gets its parent before that is written.
struct RunTrace {
    let run: RunID
    /// The caller's, if the run was submitted with one.
    let caller: TraceContext?

    var trace: String { caller?.trace ?? run.bytes.hexadecimal }

    /// What a child run, or a step's program, belongs under.
    func context(ofStep step: Int) -> TraceContext { TraceContext(trace: trace, span: id("step \(step)")) }

    func context(ofAttempt step: Int, startedAt: Timestamp) -> TraceContext {
        // Histories keep milliseconds.
        let milliseconds = startedAt.microseconds / 1_000
        return TraceContext(trace: trace, span: id("step \(step) at \(milliseconds)"))
    }

    private var root: TraceContext { TraceContext(trace: trace, span: id("run")) }

    private func id(_ what: String) -> String {
        String(SHA256.hexadecimal(run.bytes + Array(what.utf8)).prefix(16))
    }
}

// MARK: - Spans

extension RunTrace {
    /// The spans that a transition completes.
    func spans(of transition: Transition, workflow: String, facts: RunFacts) -> [Span] {
        var spans: [Span] = []
        for event in transition.events where event.step != nil {
            spans += attemptSpans(event, workflow)
        }
        for step in transition.steps { spans.append(span(of: step)) }
        if let end = transition.ends, let last = transition.events.last {
            var span = Span(
                context: root,
                parent: caller?.span,
                name: "run \(workflow)",
                start: facts.createdAt,
                end: last.at,
                attributes: [.init(name: "pawl.run.id", value: run.description)],
                error: end.error.map { "\($0.type): \($0.message)" }
            )
            span.add("pawl.workflow", workflow)
            span.add("pawl.status", end.status.rawValue)
            if let key = facts.key { span.add("pawl.run.key", key) }
            spans.append(span)
        }
        return spans
    }

    private func span(of step: EndedStep) -> Span {
        var span = Span(
            context: context(ofStep: step.step),
            parent: root.span,
            name: "step \(step.path)",
            start: step.startedAt ?? step.endedAt,
            end: step.endedAt,
            attributes: [],
            error: step.status == .failed ? step.error.map { "\($0.type): \($0.message)" } : nil
        )
        span.add("pawl.step", step.path)
        span.add("pawl.status", step.status.rawValue)
        return span
    }

    private static let ends: Set<HistoryEvent.Kind> = [
        .attemptSucceeded, .attemptFailed, .attemptCancelled, .attemptSnoozed, .attemptDeferred, .attemptLost,
    ]

    private func attemptSpans(_ event: HistoryEvent, _ workflow: String) -> [Span] {
        guard Self.ends.contains(event.kind), let step = event.step,
            let start = event.data["started_at"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
        else { return [] }
        let parent = context(ofStep: step).span
        let number = event.data["attempt"]?.integerValue ?? 1
        var attempt = Span(
            context: context(ofAttempt: step, startedAt: start),
            parent: parent,
            name: "attempt \(number) of \(event.path ?? "")",
            start: start,
            end: event.at,
            attributes: [],
            error: event.error.map { "\($0.type): \($0.message)" }
        )
        attempt.add("pawl.step", event.path ?? "")
        attempt.add("pawl.attempt", String(number))
        attempt.add("pawl.status", event.kind.rawValue.replacing("attempt.", with: ""))
        if let worker = event.data["worker"]?.stringValue { attempt.add("pawl.worker", worker) }
        let queued = event.data["queued_at"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) ?? start
        let queue = Span(
            context: TraceContext(trace: trace, span: id("queue of \(attempt.context.span)")),
            parent: parent,
            name: "queue of \(event.path ?? "")",
            start: min(queued, start),
            end: start,
            attributes: [.init(name: "pawl.step", value: event.path ?? "")]
        )
        return [queue, attempt]
    }
}

extension Span {
    mutating func add(_ name: String, _ value: String) {
        attributes.append(Attribute(name: name, value: value))
    }
}

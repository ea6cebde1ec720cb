import JSON
import Linux
import Scheduler

/// One look at the database for all listeners: what each of them has not been told.
struct StreamPass {
    /// More changes than these in one topic, and the client rather reads anew.
    private static let runLimit = 500
    private static let eventLimit = 2_000

    let runs: RunQueries
    /// By the database's clock, from before the look.
    let now: Timestamp
    /// Runs that changed since the pass before.
    let changed: Set<RunID>
    /// What queues and workers are, by kind and id; nil where it was not looked at.
    let entities: [StreamEntity]?

    /// What a listener is to be told; it is changed as it will be when it has been.
    func events(for listener: inout StreamListener) throws -> [StreamEvent] {
        var events: [StreamEvent] = []
        if !listener.wasGreeted { events.append(.hello(listener.topics)) }
        let isNew = listener.cursor == nil
        if listener.cursor == nil { listener.cursor = StreamCursor(time: now) }
        if listener.topics.contains(.runs), !isNew { events += try list(&listener) }
        for run in listener.runs { events += try self.run(run, &listener) }
        events += operations(&listener)
        listener.wasGreeted = true
        listener.isCurrent = true
        listener.move(to: now)
        return events
    }

    // MARK: - All runs

    private func list(_ listener: inout StreamListener) throws -> [StreamEvent] {
        guard let candidates = try candidates(listener) else {
            return [.reset(.runs, "more has happened than is sent again")]
        }
        let ids = candidates.filter { !listener.topics.contains(.run($0)) }
        let versions = try runs.versions(of: Array(ids)).filter { listener.cursor?.isNews($0, $1) ?? true }
        return try runs.summaries(of: Array(versions.keys)).reversed().compactMap { summary in
            guard let version = versions[summary.run] else { return nil }
            listener.note(summary.run, version, at: now)
            return .entity(
                "run",
                topic: .runs,
                id: summary.run.description,
                version: version.number,
                .object(RunJSON.summary(summary))
            )
        }
    }

    /// The runs that may have changed for a listener; nil when there are too many, or it was away too long.
    private func candidates(_ listener: StreamListener) throws -> Set<RunID>? {
        if listener.isCurrent { return changed }
        guard let last = listener.cursor?.time, now - last < StreamCursor.memory else { return nil }
        let moved = try runs.moved(since: last - StreamCursor.overlap, limit: Self.runLimit + 1)
        return moved.count > Self.runLimit ? nil : Set(moved)
    }

    // MARK: - One run

    private func run(_ run: RunID, _ listener: inout StreamListener) throws -> [StreamEvent] {
        guard let version = try runs.versions(of: [run])[run],
            listener.cursor?.isNews(run, version) ?? true, let detail = try runs.run(run)
        else { return [] }
        var events = try steps(run, version, &listener)
        var object = RunJSON.detail(detail).objectValue ?? JSONObject()
        // Payloads do not change, and may be large: who wants them reads the run.
        object["input"] = nil
        object["output"] = nil
        events.append(
            .entity(
                "run",
                topic: .run(run),
                id: run.description,
                version: version.number,
                .object(object)
            )
        )
        listener.note(run, version, at: now)
        return events
    }

    /// The steps that changed since the client's version; none for a client that has just come.
    private func steps(
        _ run: RunID,
        _ version: RunVersion,
        _ listener: inout StreamListener
    ) throws -> [StreamEvent] {
        let claims = try runs.claims(of: run)
        let known = listener.claims.updateValue(Set(claims.keys), forKey: run)
        guard let last = listener.cursor?.versions[run] else { return [] }
        let history = try runs.history(of: run, after: last.seq, limit: Self.eventLimit)
        guard history.count < Self.eventLimit else {
            return [.reset(.run(run), "more has happened than is sent again")]
        }
        var numbers = Set(history.compactMap(\.event.step))
        for (token, step) in claims where !(known?.contains(token) ?? false) { numbers.insert(step) }
        var steps = try runs.steps(of: run, numbers: numbers, limit: numbers.count)
        if history.contains(where: { $0.event.path?.hasSuffix("!") ?? false }) {
            steps += try undone(run).filter { !numbers.contains($0.step) }
        }
        return steps.map { step in
            .entity(
                "step",
                topic: .run(run),
                id: "\(run)/\(step.path)",
                version: version.number,
                RunJSON.step(step, withPayloads: false)
            )
        }
    }

    /// The steps whose status is that of their compensation.
    private func undone(_ run: RunID) throws -> [StepView] {
        let statuses: Set<StepStatus> = [.compensating, .compensated, .compensationFailed]
        return try runs.steps(of: run, statuses: statuses, limit: Self.runLimit)
    }

    // MARK: - Queues and workers

    private func operations(_ listener: inout StreamListener) -> [StreamEvent] {
        guard let entities else { return [] }
        let wanted = entities.filter { listener.topics.contains($0.topic) }
        let values = Dictionary(uniqueKeysWithValues: wanted.map { ($0.key, $0.value) })
        var events = wanted.filter { listener.entities[$0.key] != $0.value }.map { $0.event(at: now) }
        for key in listener.entities.keys.sorted() where values[key] == nil {
            events += StreamEntity.gone(key, at: now)
        }
        listener.entities = values
        return events
    }
}

import JSON
import Linux

// What a failure has to undo, over all scopes and children.

extension RunState {
    /// Something done that its compensation undoes.
    struct Undo: Sendable, Hashable {
        var step: Int
        var scope: Int
        /// The node that undoes it; ``byChild`` or ``byOrigin`` when a run of its own does.
        var node: Int
        /// Item, round or visit; -1 for none.
        var index: Int
        var path: String
        /// When it was done; never earlier than what was done before it in this run.
        var at = Timestamp(microseconds: 0)
        var child: ChildDone?

        /// The node of what a child run has done.
        static let byChild = -1
        /// The node of a step that was kept of another run, which has done it.
        static let byOrigin = -2

        /// When the last of it was done.
        var latest: Timestamp { child?.done.last ?? at }
    }

    /// What a child run that succeeded has done.
    struct ChildDone: Sendable, Hashable {
        var run: RunID
        /// When each thing was done, the earliest first.
        var done: [Timestamp]
        /// What was done later is being undone now.
        var after = Timestamp(microseconds: 0)
    }

    /// What is to be undone next: the last thing done, of all or inside a step.
    func nextUndo(within step: Int? = nil) -> Undo? {
        let entries = undo.enumerated().filter { entry in
            step.map { isWithin(entry.element, step: $0) } ?? true
        }
        return entries.max { ($0.element.latest, $0.offset) < ($1.element.latest, $1.offset) }?.element
    }

    /// When each thing was done that is still to be undone, should the run's parent fail.
    var done: [Timestamp] {
        undo.filter { !isInAlways($0.scope) }.flatMap { $0.child?.done ?? [$0.at] }.sorted()
    }

    private func isInAlways(_ scope: Int) -> Bool {
        var number = scope
        while number != 0, number != always { number = scopes[number]?.parent ?? 0 }
        return number != 0
    }

    /// The state in which a run begins that undoes what this run did in a span of time.
    ///
    /// With `step` only what it did inside that step of the outermost scope.
    package func undoing(after: Timestamp, upTo: Timestamp, within step: String? = nil) -> RunState {
        var base = self
        base.undo = undo.filter { !isInAlways($0.scope) }.compactMap { entry in
            if let step, !Self.isPath(entry.path, within: step) { return nil }
            var entry = entry
            if let child = entry.child {
                entry.child?.done = child.done.filter { $0 > after && $0 <= upTo }
                return entry.child?.done.isEmpty == true ? nil : entry
            }
            return entry.at > after && entry.at <= upTo ? entry : nil
        }
        base.phase = .compensating
        base.compensation = .running
        base.conclusion = Conclusion(status: .succeeded)
        base.lastSeq = 0
        base.steps = [:]
        base.held = []
        (base.paused, base.mustProceed, base.undoing) = (false, false, 0)
        (base.deadline, base.timeLeft, base.freeze) = (nil, nil, .never)
        return base
    }

    /// A compensation begins; of a child's it says how far back that is undone.
    mutating func noteAfter(_ step: StepState, _ event: HistoryEvent) {
        guard let after = event.data["after"]?.integerValue,
            let index = undo.firstIndex(where: { $0.step == step.of })
        else { return }
        undo[index].child?.after = Timestamp(microseconds: after)
    }

    /// A compensation has ended: what it undid is no more.
    mutating func settleUndo(_ step: StepState, _ event: HistoryEvent) {
        let index = undo.firstIndex { $0.step == step.of && $0.child != nil }
        guard let index, let child = undo[index].child else {
            if event.kind == .stepSucceeded { undo.removeAll { $0.step == step.of } }
            return
        }
        undo[index].child?.done.removeAll { $0 > child.after }
        if event.kind != .stepSucceeded {
            undo[index].child?.done += [Timestamp](json: event.data["left"])
        } else if undo[index].child?.done.isEmpty == true {
            undo.remove(at: index)
        }
    }

    /// Remembers what the step did, in place of what was done inside it.
    mutating func noteUndo(
        _ number: Int,
        _ step: StepState,
        _ event: HistoryEvent,
        _ definition: Definition
    ) {
        let node = event.integer("undo")
        let child = event.data["undo_child"]?.stringValue.flatMap(RunID.init)
        guard node != nil || child != nil else { return }
        undo = undo.filter { !isWithin($0, step: number) }
        var entry = Undo(
            step: number,
            scope: step.scope,
            node: node ?? (event.kind == .stepKept ? Undo.byOrigin : Undo.byChild),
            index: step.index,
            path: event.path ?? path(of: step, definition)
        )
        entry.at = max(event.at, undo.last?.at ?? event.at)
        entry.child = child.map { ChildDone(run: $0, done: [Timestamp](json: event.data["done"])) }
        undo.append(entry)
    }

    /// Whether something to undo was done by a step or inside it.
    func isWithin(_ entry: Undo, step: Int) -> Bool {
        if entry.step == step { return true }
        var scope = scopes[entry.scope]
        while let current = scope {
            if current.owner == step { return true }
            scope = scopes[current.parent]
        }
        return false
    }
}

// MARK: - Coding

extension RunState {
    /// When the entries were done, and by which children.
    func writeUndoTimes(to writer: inout StateWriter) {
        for entry in undo {
            writer.integer(Int(entry.at.microseconds))
            writer.optional(entry.child) { child, writer in
                writer.text(child.run.description)
                writer.integer(Int(child.after.microseconds))
                writer.list(child.done) { $1.integer(Int($0.microseconds)) }
            }
        }
    }

    mutating func readUndoTimes(from reader: inout StateReader) throws(StateError) {
        for index in undo.indices {
            undo[index].at = Timestamp(microseconds: Int64(try reader.integer()))
            guard try reader.integer() == 1 else { continue }
            guard let run = RunID(try reader.text()) else {
                throw StateError(message: "the state names a child that is no run")
            }
            let after = Timestamp(microseconds: Int64(try reader.integer()))
            let done = try reader.integers().map { Timestamp(microseconds: Int64($0)) }
            undo[index].child = ChildDone(run: run, done: done, after: after)
        }
    }
}

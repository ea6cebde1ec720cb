import Linux
import Scheduler

/// Brings what runs tell each other to whom it is for, as the engine's courier does.
struct SimulatedCourier {
    let definitions: [Int64: Definition]

    /// What a message means for the run that it is for; nil while that may still begin.
    func item(for message: Message, in store: MemoryStore) -> SimulatedServer.Item? {
        let actor = Actor(name: "run \(message.key.source)")
        let event: RunEvent
        switch message.content {
        case .start(let order): return begin(order, message)
        case .undo(let order): return begin(order, message, in: store)
        case .ended(let end):
            event = .childEnded(step: message.key.step, child: message.key.source, end)
        case .cancel: event = .cancel(actor)
        case .terminate: event = .terminate(actor)
        case .pause: event = .pause(actor)
        case .resume: event = .resume(actor)
        case .retry: preconditionFailure("nothing here goes on after its end")
        }
        guard store.runs[message.run] != nil || !mayBegin(message.run, in: store) else { return nil }
        return SimulatedServer.Item(run: message.run, event: event, message: message.key)
    }

    private func mayBegin(_ run: RunID, in store: MemoryStore) -> Bool {
        store.outbox.values.contains { message in
            switch message.content {
            case .start, .undo: message.run == run
            default: false
            }
        }
    }

    private func begin(_ order: ChildOrder, _ message: Message) -> SimulatedServer.Item? {
        let submission = Submission(
            run: message.run,
            input: order.input,
            priority: order.priority,
            actor: Actor(name: "parent"),
            parent: order.parent
        )
        let definition = definitions.values.first { $0.workflow.name == order.workflow }
        return definition.map { item($0, submission, message) }
    }

    private func begin(_ order: UndoOrder, _ message: Message, in store: MemoryStore)
        -> SimulatedServer.Item?
    {
        guard let undone = store.runs[order.of], let definition = definitions[undone.definition] else {
            return nil
        }
        let state = History.replay(undone.history, of: definition)
            .undoing(after: order.after, upTo: order.upTo, within: order.within)
        let submission = Submission(
            run: message.run,
            input: undone.facts.input,
            actor: Actor(name: "parent"),
            parent: order.parent,
            undoing: Undoing(of: order.of, state: state.encoded)
        )
        return item(definition, submission, message)
    }

    private func item(_ definition: Definition, _ submission: Submission, _ message: Message)
        -> SimulatedServer.Item
    {
        SimulatedServer.Item(
            run: message.run,
            event: .submitted(submission),
            definition: definition.stored.id,
            message: message.key
        )
    }
}

extension Message.Key {
    func isBefore(_ other: Message.Key) -> Bool {
        (source, seq, step) < (other.source, other.seq, other.step)
    }
}

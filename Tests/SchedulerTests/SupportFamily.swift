import JSON
import Linux

@testable import Scheduler

/// A run with its child runs, each a ``Simulation``, over one store; messages wait until they are delivered.
final class Family {
    let store = MemoryStore()
    private(set) var members: [RunID: Simulation] = [:]
    /// Runs in the order in which they began; the first is the root.
    private(set) var order: [RunID] = []
    /// Compensations and steps that succeeded, as `run number:path`, in order.
    private(set) var succeeded: [String] = []
    private let definitions: [String: Scheduler.Definition]
    private let limits: RunLimits

    init(_ definitions: [Scheduler.Definition], limits: RunLimits = RunLimits()) throws {
        self.definitions = Dictionary(uniqueKeysWithValues: definitions.map { ($0.workflow.name, $0) })
        self.limits = limits
        let run = RunID(milliseconds: 1_750_000_000_000, random: (1, 2))
        try begin(
            Submission(run: run, input: .emptyObject, actor: Actor(name: "test")),
            definitions[0],
            message: nil
        )
    }

    var root: Simulation {
        get throws { try member(0) }
    }

    func member(_ index: Int) throws -> Simulation {
        guard order.indices.contains(index), let member = members[order[index]] else {
            throw Broken(description: "there are \(order.count) runs, and none has the number \(index)")
        }
        return member
    }

    /// The one run whose step of this path is with a worker.
    func running(_ path: String) throws -> Simulation {
        let found = members.values.filter { $0.claims.values.contains { $0.path == path } }
        guard found.count == 1, let one = found.first else {
            throw Broken(description: "\(path) is running in \(found.count) runs")
        }
        return one
    }

    func succeed(_ path: String, _ output: JSONValue = nil) throws {
        try running(path).succeed(path, output)
        try deliverAll()
    }

    func fail(_ path: String) throws {
        try running(path).fail(path)
        try deliverAll()
    }

    private func begin(_ submission: Submission, _ definition: Scheduler.Definition, message: Message.Key?)
        throws
    {
        let member = Simulation(of: submission, definition, in: store, limits: limits)
        let number = order.count
        members[submission.run] = member
        order.append(submission.run)
        member.committed = { [unowned self] transition, claimed in
            for event in transition.events where event.kind == .stepSucceeded {
                succeeded.append("\(number):\(event.path ?? "")")
            }
            for task in claimed { members[task.run]?.take(task) }
            store.now = store.now + .milliseconds(1)
        }
        try member.begin(submission, message: message)
    }

    /// Delivers messages, the oldest of each sender first, until there are none.
    func deliverAll() throws {
        while let message = store.outbox.values.min(by: { $0.key.isBefore($1.key) }) { try deliver(message) }
    }

    func deliver(_ message: Message) throws {
        switch message.content {
        case .start(let order): try begin(order, message)
        case .undo(let order): try begin(order, message)
        case .ended(let end):
            try tell(message, .childEnded(step: message.key.step, child: message.key.source, end))
        case .cancel(let reason): try tell(message, .cancel(Actor(name: "parent", reason: reason)))
        case .terminate(let reason): try tell(message, .terminate(Actor(name: "parent", reason: reason)))
        case .pause(let freezes): try tell(message, .pause(Actor(name: "parent"), freezes: freezes))
        case .resume: try tell(message, .resume(Actor(name: "parent")))
        case .retry: preconditionFailure("no run of a family here goes on after its end")
        }
    }

    private func begin(_ order: ChildOrder, _ message: Message) throws {
        guard let definition = definitions[order.workflow] else {
            let error = StepError(type: ErrorType.invalidInput, message: "none", retryable: false)
            let event = RunEvent.childEnded(
                step: order.parent.step,
                child: message.run,
                ChildEnd(status: .failed, error: error)
            )
            return try tell(message, event, to: order.parent.run)
        }
        let submission = Submission(
            run: message.run,
            input: order.input,
            actor: Actor(name: "parent"),
            parent: order.parent
        )
        try begin(submission, definition, message: message.key)
    }

    private func begin(_ order: UndoOrder, _ message: Message) throws {
        guard let undone = members[order.of] else { throw Broken(description: "nothing to undo") }
        let state = History.replay(undone.history, of: undone.definition)
            .undoing(after: order.after, upTo: order.upTo)
        let submission = Submission(
            run: message.run,
            input: .emptyObject,
            actor: Actor(name: "parent"),
            parent: order.parent,
            undoing: Undoing(of: order.of, state: state.encoded)
        )
        try begin(submission, undone.definition, message: message.key)
    }

    private func tell(_ message: Message, _ event: RunEvent, to run: RunID? = nil) throws {
        guard let member = members[run ?? message.run], member.end == nil,
            try member.apply(event, message: message.key)
        else { return store.discard(message.key) }
    }
}

extension Message.Key {
    fileprivate func isBefore(_ other: Message.Key) -> Bool {
        (source, seq, step) < (other.source, other.seq, other.step)
    }
}

import JSON
import Linux

/// Brings what runs tell each other to whom it is for: child starts, child ends, cancels, pauses.
///
/// A message that this process commits is delivered at once. What a dead process has left behind is found by
/// looking at the outbox, level-triggered, by every process: a message that two deliver is heard once.
public final class Courier: Sendable {
    /// How old a message is when others than its sender look after it.
    static let age = Duration.seconds(1)
    static let interval = Duration.seconds(1)
    static let limit = 500

    private let engine: Engine
    private let open: @Sendable () throws(StoreError) -> any OutboxStore
    private let inputs = InputCheck()
    private let loop = ServiceThread()
    private let fresh = Locked([Message]())
    private let idle = Locked([Message.Key]())
    /// Posted and not decided yet.
    private let inFlight = Locked(Set<Message.Key>())
    private let nextLook = Locked(MonotonicTime.now)

    public init(engine: Engine, open: @escaping @Sendable () throws(StoreError) -> any OutboxStore) {
        self.engine = engine
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        let store = ThreadOwned<any OutboxStore>()
        loop.start(
            "pawl-courier",
            turn: { [self] () throws(StoreError) in
                try turn(store.get(open))
                return nextLook.withLock { max(.zero, $0 - .now) }
            },
            failed: { error in
                if error.breaksConnection { store.drop() }
                failed(error)
            }
        )
        engine.onMessages { [self] messages in
            fresh.withLock { $0 += messages }
            loop.wake()
        }
    }

    public func stop() {
        loop.stop()
    }

    private func turn(_ store: any OutboxStore) throws(StoreError) {
        for key in take(idle) { try store.discard(key) }
        var messages = take(fresh)
        if .now >= nextLook.withLock({ $0 }) {
            messages += try store.messages(olderThan: Self.age, limit: Self.limit)
            nextLook.withLock { $0 = .now + Self.interval }
        }
        for message in messages where inFlight.withLock({ $0.insert(message.key).inserted }) {
            CrashPoint.pass("courier.before-delivery")
            do throws(StoreError) {
                try deliver(message, store)
            } catch {
                // The outbox still has it, and what comes after it.
                for message in messages { release(message.key) }
                throw error
            }
        }
    }

    private func take<Element>(_ list: Locked<[Element]>) -> [Element] {
        list.withLock { list in
            defer { list = [] }
            return list
        }
    }

    private func deliver(_ message: Message, _ store: any OutboxStore) throws(StoreError) {
        let actor = Actor(name: "run \(message.key.source)")
        switch message.content {
        case .start(let order): try begin(order, message, store)
        case .undo(let order): try begin(order, message, store)
        case .ended(let end):
            tell(message, .childEnded(step: message.key.step, child: message.key.source, end))
        case .cancel(let reason): try pass(message, .cancel(actor.because(reason)), store)
        case .terminate(let reason): try pass(message, .terminate(actor.because(reason)), store)
        case .pause(let freezes):
            let reason = "its parent was \(freezes ? "frozen" : "paused")"
            try pass(message, .pause(actor.because(reason), freezes: freezes), store)
        case .resume: try pass(message, .resume(actor.because("its parent goes on")), store)
        case .retry(let actor): try revive(message, actor, store)
        }
    }

    /// What is for a child waits until the child has begun.
    private func pass(_ message: Message, _ event: RunEvent, _ store: any OutboxStore) throws(StoreError) {
        if try store.mayBegin(message.run) {
            tell(message, event, whenNotLive: .keep)
        } else {
            tell(message, event)
        }
    }

    private enum Idle { case keep, discard }

    private func tell(
        _ message: Message,
        to run: RunID? = nil,
        _ event: RunEvent,
        whenNotLive: Idle = .discard
    ) {
        engine.post(event, to: run ?? message.run, message: message.key) { [self] answer in
            switch answer {
            case .unavailable, .applied: break
            case .notLive where whenNotLive == .keep: break
            default: discard(message.key)
            }
            release(message.key)
        }
    }

    /// A message that changes nothing is taken away by itself.
    private func discard(_ key: Message.Key) {
        idle.withLock { $0.append(key) }
        loop.wake()
    }

    private func release(_ key: Message.Key) {
        _ = inFlight.withLock { $0.remove(key) }
    }
}

// MARK: - Beginnings

extension Courier {
    private func begin(_ order: ChildOrder, _ message: Message, _ store: any OutboxStore) throws(StoreError) {
        let id = try store.newestDefinition(of: order.workflow, version: order.version)
        guard let id, let definition = try definition(id, store) else {
            let version = order.version.map { " version \($0)" } ?? ""
            let text = "there is no workflow “\(order.workflow)”\(version)"
            return refuse(message, order.parent, .invalidInput(text, []))
        }
        let outcome: InputCheck.Outcome
        do {
            outcome = try inputs.check(order.input.value, for: definition.stored)
        } catch {
            return refuse(message, order.parent, .invalidInput("the workflow's schema: \(error)", []))
        }
        switch outcome {
        case .fits(let input):
            let submission = Submission(
                run: message.run,
                input: input == order.input.value ? order.input : Payload(input),
                labels: definition.workflow.labels,
                priority: order.priority,
                actor: Actor(name: "run \(order.parent.run)"),
                caller: order.trace,
                parent: order.parent
            )
            submit(submission, definition, message)
        case .violates(let violations):
            let text = "`with` does not fit the input of workflow “\(order.workflow)”"
            refuse(message, order.parent, .invalidInput(text, violations))
        }
    }

    private func begin(_ order: UndoOrder, _ message: Message, _ store: any OutboxStore) throws(StoreError) {
        guard let ended = try store.ended(order.of), let definition = try definition(ended.definition, store)
        else {
            let text = "run \(order.of) is gone, and cannot be undone"
            return refuse(message, order.parent, StepError(type: "Gone", message: text, retryable: false))
        }
        let state = History.replay(ended.history, of: definition)
            .undoing(after: order.after, upTo: order.upTo, within: order.within)
        let submission = Submission(
            run: message.run,
            input: ended.facts.input,
            labels: ended.facts.labels,
            priority: ended.facts.priority,
            actor: Actor(name: "run \(order.parent.run)", reason: "to undo run \(order.of)"),
            parent: order.parent,
            undoing: Undoing(of: order.of, state: state.encoded)
        )
        submit(submission, definition, message)
    }

    /// A child that has ended goes on, or its parent hears of the end that it had.
    private func revive(_ message: Message, _ actor: Actor, _ store: any OutboxStore) throws(StoreError) {
        let reviver = Reviver(definitions: engine.definitions)
        switch try reviver.order(message.run, by: actor, from: store, forParent: true) {
        case .ready(let revival, let definition):
            let event = RunEvent.revive(revival)
            engine.post(event, to: message.run, definition: definition, message: message.key) {
                [self] answer in
                switch answer {
                case .keyTaken(let holder):
                    tellParent(message, "run \(holder) has its key now")
                case .failed(let text): tellParent(message, text)
                // A refusal says that it is live: then it tells its parent itself.
                case .refused: discard(message.key)
                default: break
                }
                release(message.key)
            }
        case .ended(let end):
            let event = RunEvent.childEnded(step: message.key.step, child: message.run, end)
            tell(message, to: message.key.source, event)
        case .refused(let text): tellParent(message, text)
        case .live: discard(message.key)
        }
    }

    private func tellParent(_ message: Message, _ text: String) {
        let error = StepError(
            type: ErrorType.invalidInput,
            message: "run \(message.run) cannot go on: \(text)",
            retryable: false
        )
        let end = ChildEnd(status: .failed, error: error)
        let event = RunEvent.childEnded(step: message.key.step, child: message.run, end)
        tell(message, to: message.key.source, event)
    }

    private func definition(_ id: Int64, _ store: any OutboxStore) throws(StoreError) -> Definition? {
        try engine.definitions.get(id, from: store)
    }

    private func submit(_ submission: Submission, _ definition: Definition, _ message: Message) {
        let event = RunEvent.submitted(submission)
        engine.post(event, to: message.run, definition: definition, message: message.key) { [self] answer in
            release(message.key)
            guard let parent = submission.parent else { return }
            switch answer {
            case .refused(let refusal):
                let error = StepError(type: ErrorType.concurrencyRejected, message: refusal.message)
                refuse(message, parent, error)
            case .failed(let text): refuse(message, parent, .invalidInput(text, []))
            default: break
            }
        }
    }

    /// The child cannot begin: its step hears so instead.
    private func refuse(_ message: Message, _ parent: ParentLink, _ error: StepError) {
        let end = ChildEnd(status: .failed, error: error)
        let event = RunEvent.childEnded(step: parent.step, child: message.run, end)
        engine.post(event, to: parent.run, message: message.key) { [self] answer in
            switch answer {
            case .unavailable, .applied: break
            default: discard(message.key)
            }
            release(message.key)
        }
    }
}

extension Actor {
    fileprivate func because(_ reason: String) -> Actor { Actor(name: name, reason: reason) }
}

extension StepError {
    fileprivate static func invalidInput(_ text: String, _ violations: [InputCheck.Violation]) -> StepError {
        let errors: [JSONValue] = violations.map {
            ["pointer": .string("/with\($0.pointer)"), "message": .string($0.message)]
        }
        return StepError(
            type: ErrorType.invalidInput,
            message: ([text] + violations.map { "\($0.pointer): \($0.message)" }).joined(separator: "; "),
            retryable: false,
            details: violations.isEmpty ? nil : ["errors": .array(errors)]
        )
    }
}

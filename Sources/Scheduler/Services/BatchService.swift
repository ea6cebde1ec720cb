import Linux

/// Does the actions of batches to their runs, a slice at a time.
///
/// Every process has one. A slice is leased, so that two seldom do the same; should they, or should one die
/// before it has said what it did, the batch's idempotency key for the run, written with what the action
/// changes, keeps a run from being acted on twice.
public final class BatchService: Sendable {
    /// What another server has begun is seen within this time.
    static let interval = Duration.seconds(2)
    static let sliceLimit = 100
    static let lease = Duration.seconds(6)
    /// How long a slice may take; what has no answer by then is left for a later one.
    static let patience = Duration.seconds(4)
    /// Beyond so many events that wait for a decision a batch makes room for others.
    static let backlogLimit = 2_000

    private let engine: Engine
    private let open: @Sendable () throws(StoreError) -> PostgresStore
    private let loop = ServiceThread()

    public init(engine: Engine, open: @escaping @Sendable () throws(StoreError) -> PostgresStore) {
        self.engine = engine
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        let store = ThreadOwned<PostgresStore>()
        loop.start(
            "pawl-batches",
            turn: { [self] () throws(StoreError) in
                try turn(store.get(open))
            },
            failed: { error in
                if error.breaksConnection { store.drop() }
                failed(error)
            }
        )
    }

    public func stop() {
        loop.stop()
    }

    /// Looks at once: a batch was made.
    public func wake() {
        loop.wake()
    }

    private func turn(_ store: PostgresStore) throws(StoreError) -> Duration {
        guard engine.backlog < Self.backlogLimit else { return .milliseconds(50) }
        guard let slice = try store.takeBatchSlice(limit: Self.sliceLimit, lease: Self.lease) else {
            return Self.interval
        }
        let answers = try act(slice, store)
        let ended = try store.endings(of: answers.filter { $0.1.isOfEndedRun }.map(\.0))
        let outcomes = answers.compactMap { run, answer in
            answer.outcome(of: run, slice.action, ended: ended[run])
        }
        try store.record(slice.acted.map { BatchOutcome(run: $0) } + outcomes, of: slice.id)
        // A slice of which nothing could be done is left alone for a moment.
        return outcomes.isEmpty && slice.acted.isEmpty && !slice.runs.isEmpty ? .seconds(1) : .zero
    }

    /// Asks for the action on each run, and waits for the answers.
    private func act(_ slice: BatchSlice, _ store: PostgresStore) throws(StoreError) -> [(RunID, Answer)] {
        let runs = slice.runs.filter { !slice.acted.contains($0) }
        let inbox = Mailbox<(RunID, Answer)>()
        for run in runs {
            if let event = slice.action.event(slice.actor) {
                engine.post(event, to: run, idempotency: slice.claim(run)) { inbox.send((run, $0)) }
            } else {
                try retry(run, slice, inbox, store)
            }
        }
        var answers: [(RunID, Answer)] = []
        let deadline = MonotonicTime.now + Self.patience
        while answers.count < runs.count, MonotonicTime.now < deadline {
            answers += inbox.take(runs.count, until: deadline) ?? []
        }
        return answers
    }

    /// Lets a run that has ended go on, or tells why it cannot.
    private func retry(
        _ run: RunID,
        _ slice: BatchSlice,
        _ inbox: Mailbox<(RunID, Answer)>,
        _ store: PostgresStore
    ) throws(StoreError) {
        let reviver = Reviver(definitions: engine.definitions)
        switch try reviver.order(run, by: slice.actor, from: store) {
        case .ready(let revival, let definition):
            engine.post(
                .revive(revival),
                to: run,
                definition: definition,
                idempotency: slice.claim(run)
            ) { inbox.send((run, $0)) }
        case .refused(let reason): inbox.send((run, .refused(CommandRefusal(message: reason))))
        case .live, .ended:
            inbox.send((run, .refused(CommandRefusal(message: "the run is live: there is nothing to retry"))))
        }
    }
}

extension BatchSlice {
    /// By which it is known that the batch has acted on a run.
    fileprivate func claim(_ run: RunID) -> IdempotencyClaim {
        IdempotencyClaim(
            principal: id.description,
            key: run.uuid.description,
            bodyHash: action.rawValue,
            answer: ""
        )
    }
}

extension Answer {
    fileprivate var isOfEndedRun: Bool { if case .notLive = self { true } else { false } }

    /// What the answer means for the batch; nil leaves the run for another time.
    fileprivate func outcome(of run: RunID, _ action: BatchAction, ended: RunStatus?) -> BatchOutcome? {
        switch self {
        case .applied, .ignored, .replayed: return BatchOutcome(run: run)
        case .refused(let refusal): return BatchOutcome(run: run, failure: refusal.message)
        case .failed(let message): return BatchOutcome(run: run, failure: message)
        case .notLive:
            let end = ended.map { "has ended (\($0.rawValue))" } ?? "is gone"
            return BatchOutcome(run: run, failure: "the run \(end): there is nothing to \(action.rawValue)")
        case .keyTaken(let holder):
            return BatchOutcome(run: run, failure: "the live run \(holder) has its key now")
        case .keyReused, .unavailable: return nil
        }
    }
}

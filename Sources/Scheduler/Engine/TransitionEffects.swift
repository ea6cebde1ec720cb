/// What the engine does about a transition once it is committed, beside answering.
///
/// None of it may be needed for correctness: it is hints, and losing them costs time alone.
protocol TransitionEffects: Sendable {
    /// A transition was committed; `claimed` are those of its steps that this process runs already.
    func committed(_ transition: Transition, claimed: Set<Int>)
    /// A transaction was committed, and took so long.
    func wrote(_ batch: Batch, in duration: Duration)
    /// The spans that a committed transition completes, if anybody records them.
    func trace(_ transition: Transition, of workflow: String, facts: RunFacts, caller: TraceContext?)
    /// What the program of an attempt hangs its own spans on; nil when nobody records.
    func traceContext(of task: ClaimedTask, caller: TraceContext?) -> TraceContext?
    /// A step's late result was rejected: its worker no longer held it.
    func rejectedLateResult(run: RunID, step: Int, caller: TraceContext?)
    /// The store failed; the writer goes on by itself.
    func report(_ error: StoreError)
}

/// What the engine does about a transition once it is committed, beside answering.
///
/// None of it may be needed for correctness: it is hints, and losing them costs time alone.
protocol TransitionEffects: Sendable {
    /// A transition was committed; `claimed` are those of its steps that this process runs already.
    func committed(_ transition: Transition, claimed: Set<Int>)
    /// A step's late result was rejected: its worker no longer held it.
    func rejectedLateResult(run: RunID, step: Int)
    /// The store failed; the writer goes on by itself.
    func report(_ error: StoreError)
}

import JSON
import Linux

/// What a run that has ended needs to go on where it stands.
///
/// It is made of the run's whole history by ``RevivalPlan``, and holds as long as that has not grown.
public struct Revival: Sendable {
    /// Who asks for it, and why.
    public var actor: Actor
    /// What never changes of the run.
    var facts: RunFacts
    /// Where the run goes on; its last event is the end that is taken back.
    var state: RunState
    /// Steps that begin anew, in the order of their numbers.
    var restarts: [Restart]
    /// Steps whose scope is open again, or whose child run goes on, with what they were given.
    var reopened: [Int: Payload]
    /// Child runs that are told to go on.
    var children: [Int: RunID]
    /// Steps whose rows of the table of ended steps are taken back.
    var withdrawn: [Int]
    /// A step that an operator counts as done instead.
    var resolved: Resolution?
}

/// A step that begins anew: under its number, path and key, with the next attempt.
struct Restart: Sendable {
    var number: Int
    var instance: Instance
}

/// An output that an operator gives in place of a failed step.
public struct Resolution: Sendable {
    public var path: String
    public var output: Payload

    public init(path: String, output: Payload) {
        self.path = path
        self.output = output
    }
}

/// What a transition takes back of the end of a run; written with it or not at all.
public struct Withdrawal: Sendable, Hashable {
    /// The last event of the run's history: should there be more, somebody else has taken the run up.
    public var lastSeq: Int
    /// Rows of ended steps.
    public var steps: [Int]
    /// What a run of a workflow with `concurrency` has to hold again.
    public var slot: Admission.Slot?
}

extension RunView {
    /// A run that has ended, as it would go on.
    ///
    /// Its version is a time, and so above every version that anybody remembers of it.
    init(_ run: RunID, _ revival: Revival, of definition: Definition, now: Timestamp) {
        self.init(
            run: run,
            definition: definition,
            facts: revival.facts,
            state: revival.state,
            version: now.microseconds,
            tasks: [:]
        )
        isEnded = true
    }
}

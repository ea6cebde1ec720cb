import Linux

/// The way of a schedule's run into a workflow with `concurrency` whose `on_conflict` is `reject`.
///
/// Any other run stands in line by itself.
enum FireEntrance: Sendable {
    /// It may begin, with its slot if it needs one.
    case open(Submission)
    /// Live runs have all slots: the instant is left out.
    case full(String)
    /// A run that may be this instant's own, of another server, is about to begin: look again.
    case contested

    init(
        _ submission: Submission,
        _ definition: Definition,
        _ store: PostgresStore,
        now: Timestamp
    ) throws(StoreError) {
        guard let concurrency = definition.workflow.concurrency, concurrency.onConflict == .reject else {
            self = .open(submission)
            return
        }
        let slot: Admission.Slot?
        do {
            slot = try definition.slot(of: submission, now: now)
        } catch {
            self = .full("the run's `concurrency.key` cannot be evaluated: \(error)")
            return
        }
        guard let slot else {
            self = .open(submission)
            return
        }
        switch try store.enter(submission.run, slot, onConflict: .reject) {
        case .held:
            var held = submission
            held.holdsSlot = true
            self = .open(held)
        case .full: self = .open(submission)
        case .rejected(let holders):
            let live = try store.load(holders, withTasks: false)
            guard let first = live.first, live.count == holders.count else {
                self = .contested
                return
            }
            self = .full("ConcurrencyRejected: run \(first.run) has the slot")
        }
    }
}

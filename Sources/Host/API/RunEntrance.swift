import JSON
import Linux
import Scheduler

/// The way of a run into a workflow with `concurrency`: its slot is taken before it begins, or it stands in
/// line, or it is turned away.
struct RunEntrance: Sendable {
    let definition: Definition

    /// The submission, with the slot that it holds; 409 when it is turned away.
    func admit(_ submission: Submission, _ reader: Reader, now: Timestamp) throws -> Submission {
        guard let concurrency = definition.workflow.concurrency, submission.startAt.map({ $0 <= now }) ?? true
        else { return submission }
        let slot: Admission.Slot?
        do {
            slot = try definition.slot(of: submission, now: now)
        } catch let error as StepError {
            throw Problem.invalid("the run's `concurrency.key` cannot be evaluated: \(error.message)")
        }
        guard let slot else { return submission }
        var submission = submission
        switch try reader.store.enter(submission.run, slot, onConflict: concurrency.onConflict) {
        case .held: submission.holdsSlot = true
        case .full: break
        case .rejected(let holders): throw rejection(slot, holders)
        }
        return submission
    }

    private func rejection(_ slot: Admission.Slot, _ holders: [RunID]) -> Problem {
        let shown = holders.prefix(5).map(\.description).joined(separator: ", ")
        let rest = holders.count > 5 ? " and \(holders.count - 5) more" : ""
        return Problem.conflict(
            "ConcurrencyRejected: “\(definition.workflow.name)” has \(holders.count) live runs of this key, "
                + "and its limit is \(slot.limit): \(shown)\(rest). Start it when one has ended"
        )
    }
}

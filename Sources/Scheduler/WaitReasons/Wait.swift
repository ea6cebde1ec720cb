import Linux

/// Why a step, or the run itself, does not go on at once.
public struct Wait: Sendable, Hashable {
    public enum Reason: String, Sendable, CaseIterable {
        case noWorker = "no_worker"
        case queuePaused = "queue_paused"
        case concurrency, rate, backoff, timer, signal, callback, child, paused, unenforceable
    }

    /// What exactly it waits for, finer than its ``Reason``.
    enum Cause: Sendable, Hashable {
        case paused
        /// The run is paused and its processes are stopped, by somebody at some time.
        case frozen(by: String, since: Timestamp)
        case start, sleep, backoff
        case signal(String)
        case callback
        case child(RunID)
        /// `held` of the key's slots are given.
        case slot(Admission.Slot, held: Int)
        case rate(Admission.Rate)
        case admission
        case queuePaused(String)
        case queueFull(String)
        case queueRate(String)
        case noWorker(queue: String)
        case noPlugin(needs: String, queue: String)
        case unenforceable(limit: String, queue: String)
    }

    /// Nil for the run itself.
    public var step: Int?
    public var path: String?
    var cause: Cause
    public var until: Timestamp?
    /// The runs that have what it waits for.
    public var holders: [RunID]
    /// Of the attempt before, where it backs off.
    var lastError: StepError?

    init(_ cause: Cause, until: Timestamp? = nil, holders: [RunID] = []) {
        self.cause = cause
        self.until = until
        self.holders = holders
    }
}

extension Wait {
    public var reason: Reason {
        switch cause {
        case .paused, .frozen: .paused
        case .start, .sleep: .timer
        case .backoff: .backoff
        case .signal: .signal
        case .callback: .callback
        case .child: .child
        case .slot, .admission, .queueFull: .concurrency
        case .rate, .queueRate: .rate
        case .queuePaused: .queuePaused
        case .noWorker, .noPlugin: .noWorker
        case .unenforceable: .unenforceable
        }
    }

    /// A sentence for people, with what lets it go on where that is somebody's to do.
    public var text: String { hint.map { "\(sentence); \($0)" } ?? sentence }

    private var hint: String? {
        switch cause {
        case .paused, .frozen: "it goes on at `resume`"
        case .queuePaused(let queue): "pawl queue resume \(queue)"
        case .noWorker(let queue): "start one with --queues \(queue)"
        case .unenforceable: "see pawl doctor there"
        default: nil
        }
    }

    /// What it waits for, without a capital and a full stop.
    var sentence: String {
        switch cause {
        case .paused: "the run is paused"
        case .frozen(let actor, let since):
            "the run is frozen by \(actor) since \(since.rfc3339): its processes and their clocks stand still"
        case .start: "starts later\(until.map { ", at \($0.rfc3339)" } ?? "")"
        case .sleep: "sleeps\(end)"
        case .backoff: "waits for its next attempt\(end)"
        case .signal(let name): "waits for the signal “\(name)”\(end)"
        case .callback: "waits for an answer under its callback token\(end)"
        case .child(let run): "waits for the child run \(run)\(end)"
        case .slot(let slot, let held): self.slot(slot, held)
        case .rate(let rate):
            "waits for the rate of “\(rate.key)”, "
                + "\(rate.limit) each \(DurationText.text(rate.milliseconds))\(end)"
        case .admission: "waits to be admitted"
        case .queuePaused(let queue): "queue “\(queue)” is paused"
        case .queueFull(let queue): "queue “\(queue)” runs as much as its own `concurrency` allows"
        case .queueRate(let queue): "queue “\(queue)” has started as much as its own `rate` allows"
        case .noWorker(let queue): "no live worker serves queue “\(queue)”"
        case .noPlugin(let needs, let queue):
            "no live worker of queue “\(queue)” has the plugin's action \(needs)"
        case .unenforceable(let limit, let queue):
            "the step requires that `\(limit)` is enforced, and no live worker of queue “\(queue)” has a "
                + "host that can"
        }
    }

    private func slot(_ slot: Admission.Slot, _ held: Int) -> String {
        let shown = holders.prefix(3).map(\.description).joined(separator: ", ")
        let by = holders.isEmpty ? "" : " by \(shown)\(holders.count > 3 ? " and others" : "")"
        let isOnly = slot.limit == 1
        let wanted = isOnly ? "the only slot" : "one of \(slot.limit) slots"
        let slots = "waits for \(wanted) of “\(slot.shownKey)”"
        guard held >= slot.limit else { return "\(slots); others are first in line" }
        return "\(slots), \(isOnly ? "held" : "all held")\(by)"
    }

    private var end: String { until.map { ", until \($0.rfc3339)" } ?? "" }
}

extension Admission.Slot {
    /// The key as its author wrote it: that of a run without the workflow that it belongs to.
    var shownKey: String {
        guard key.hasPrefix("workflow "), let colon = key.firstIndex(of: ":") else { return key }
        return String(key[key.index(after: colon)...].drop { $0 == " " })
    }
}

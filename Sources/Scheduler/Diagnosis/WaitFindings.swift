import JSON
import Linux
import Wording

extension Wait {
    /// What is to be done about it in a run; `others` steps wait for the same.
    func finding(in run: RunID, others: Int) -> Finding {
        var evidence: JSONObject = ["reason": .string(reason.rawValue)]
        evidence["until"] = until.map { .string($0.rfc3339) }
        if !holders.isEmpty { evidence["holders"] = .array(holders.map { .string($0.description) }) }
        if others > 0 { evidence["others"] = .integer(Int64(others)) }
        evidence["last_error"] = lastError?.json
        return Finding(
            rule,
            at: rule == .paused ? nil : path,
            said(others: others),
            evidence: evidence,
            next: next(in: run)
        )
    }

    private func said(others: Int) -> String {
        if cause == .paused { return "The run is paused." }
        if case .frozen = cause { return "T\(sentence.dropFirst())." }
        let more =
            others > 0 ? ", and so \(others == 1 ? "does 1 other step" : "do \(others) other steps")" : ""
        let subject = path.map { "Step “\($0.oneLine(limit: 120))”" } ?? "The run"
        let after = lastError.map { ", after \($0.type.oneLine(limit: 80)): \($0.message.oneLine())" } ?? ""
        return "\(subject) \(isAboutQueue ? "is queued: " : "")\(sentence)\(after)\(more)."
    }

    private var isAboutQueue: Bool {
        switch cause {
        case .queuePaused, .queueFull, .queueRate, .noWorker, .noPlugin, .unenforceable: true
        default: false
        }
    }

    private var rule: DiagnosisRule {
        switch cause {
        case .paused, .frozen: .paused
        case .start: .delayedStart
        case .sleep: .sleeping
        case .backoff: .backoff
        case .signal: .signal
        case .callback: .callback
        case .child: .child
        case .slot: step == nil ? .runSlot : .slot
        case .rate: .rate
        case .admission: .inLine
        case .queuePaused: .queuePaused
        case .queueFull: .queueFull
        case .queueRate: .queueRate
        case .noWorker: .noWorker
        case .noPlugin: .noPlugin
        case .unenforceable: .unenforceable
        }
    }

    private func next(in run: RunID) -> NextStep {
        let step = (path ?? "").shellWord
        return switch cause {
        case .paused, .frozen: NextStep("Resume it", "pawl run resume \(run)")
        case .start: NextStep("It starts by itself; watch it", "pawl run watch \(run)")
        case .sleep: NextStep("It goes on by itself, or at once with", "pawl step now \(run) \(step)")
        case .backoff: NextStep("It tries again by itself, or at once with", "pawl step now \(run) \(step)")
        case .signal(let name): NextStep("Send the signal", "pawl run signal \(run) \(name.shellWord)")
        case .callback:
            NextStep("Let whoever has the token answer, or give it up", "pawl step fail \(run) \(step)")
        case .child(let child): NextStep("See what the child waits for", "pawl run why \(child)")
        case .slot:
            holders.first.map { NextStep("See what the holder does", "pawl run why \($0)") }
                ?? NextStep("It goes on by itself; watch it", "pawl run watch \(run)")
        case .rate, .admission: NextStep("It goes on by itself; watch it", "pawl run watch \(run)")
        case .queuePaused(let queue): NextStep("Resume the queue", "pawl queue resume \(queue.shellWord)")
        case .queueFull(let queue):
            NextStep("Wait, or let the queue run more", "pawl queue set \(queue.shellWord) --concurrency N")
        case .queueRate(let queue):
            NextStep("Wait, or let it start more", "pawl queue set \(queue.shellWord) --rate N/TIME")
        case .noWorker(let queue): NextStep("Start a worker", "pawl worker --queues \(queue.shellWord)")
        case .noPlugin:
            NextStep(
                "Give a worker the plugin (PAWL_PLUGIN_PATH); what they have",
                "pawl worker list -o json"
            )
        case .unenforceable: NextStep("See what the worker's host can enforce", "pawl doctor")
        }
    }
}

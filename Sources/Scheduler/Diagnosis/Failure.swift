import Wording

/// A failure as the rules look at it: of a step, or of the run itself.
struct Failure: Sendable {
    var facts: DiagnosisFacts
    /// Nil for the run itself.
    var step: FailedStep?
    var error: StepError

    init(_ step: FailedStep, in facts: DiagnosisFacts) {
        self.init(facts: facts, step: step, error: step.error)
    }

    init(facts: DiagnosisFacts, step: FailedStep? = nil, error: StepError) {
        self.facts = facts
        self.step = step
        self.error = error
    }

    var type: String { error.type }
    /// The error's message as a part of a sentence.
    var message: String { error.message.oneLine() }
    var attempts: [EndedAttempt] { step?.attempts ?? [] }
    var last: EndedAttempt? { step?.last }
    /// Nothing of it ever ran: a wait, a group, a `fail`.
    var hasNoAttempt: Bool { attempts.isEmpty }

    /// `Step “charge” failed 3 attempts`.
    var lead: String {
        guard let step else { return "The run failed" }
        let spent = step.spent.count
        let times = spent > 1 ? " \(spent) attempts" : ""
        return step.isCompensation
            ? "Undoing step “\(shown)” failed\(times)" : "Step “\(shown)” failed\(times)"
    }

    var shown: String { (step?.path ?? "").oneLine(limit: 120) }
}

// MARK: - What can be done

extension Failure {
    private var run: String { facts.run.description }

    /// Its log says more.
    func readLog(_ text: String) -> NextStep {
        guard let step else { return NextStep(fitting(text), "pawl run history \(run)") }
        return NextStep(fitting(text), "pawl run logs \(run) --step \(ownPath(step).shellWord)")
    }

    /// All there is of the run, inputs included.
    func show(_ text: String) -> NextStep { NextStep(text, "pawl run show \(run)") }

    /// The same version again, once what is outside of it has been mended.
    func retry(_ text: String) -> NextStep {
        NextStep(fitting(text), "pawl run \(fitting("retry")) \(run)")
    }

    /// A run that was undone does not go on: what says retry means a new run then.
    private func fitting(_ text: String) -> String {
        guard facts.compensation == .completed else { return text }
        return text.replacing("retry", with: "rerun").replacing("Retry", with: "Rerun")
    }

    /// A changed workflow: a new run, which keeps what was done if nothing was undone.
    func rerun(_ text: String) -> NextStep {
        guard facts.compensation == .none, let step else { return NextStep(text, "pawl run rerun \(run)") }
        let first = step.path.prefix { !"/[#~!".contains($0) }
        return NextStep(text, "pawl run rerun \(run) --from-step \(String(first).shellWord)")
    }

    private func ownPath(_ step: FailedStep) -> String { step.isCompensation ? "\(step.path)!" : step.path }
}

import JSON

/// What is the matter with a run: why it waits or failed, and what to do about it.
public struct Diagnosis: Sendable {
    public var run: RunID
    public var status: RunStatus
    /// The first says most; empty where nothing is the matter.
    public var findings: [Finding]

    /// Cause and next action of the first finding, or what there is to say without one.
    public var sentence: String {
        findings.first?.whole
            ?? (status.isTerminal ? "The run has \(status.rawValue)." : "The run is on its way.")
    }
}

/// One thing that a rule has found.
public struct Finding: Sendable {
    public var rule: DiagnosisRule
    /// The step that it is about; nil for the run itself.
    public var path: String?
    /// The cause, one sentence.
    public var sentence: String
    /// What the rule saw, by name.
    public var evidence: JSONObject
    public var next: NextStep

    init(
        _ rule: DiagnosisRule,
        at path: String? = nil,
        _ sentence: String,
        evidence: JSONObject = [:],
        next: NextStep
    ) {
        self.rule = rule
        self.path = path
        self.sentence = sentence
        self.evidence = evidence
        self.next = next
    }

    /// Cause and next action.
    public var whole: String { "\(sentence) \(next.text): \(next.command)" }
}

/// What to do next, and the command that does it or leads to it.
public struct NextStep: Sendable, Hashable {
    /// Without a full stop.
    public var text: String
    public var command: String

    init(_ text: String, _ command: String) {
        self.text = text
        self.command = command
    }
}

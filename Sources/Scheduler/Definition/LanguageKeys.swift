/// The keys of the language, each with those that stand within it.
public enum LanguageKeys {
    public struct Key: Sendable {
        public var name: String
        public var inner: [String]
    }

    /// Of a step, its handlers and compensations included.
    public static let step = StepReader.keys.map { Key(name: $0, inner: innerOfStep[$0] ?? []) }
    /// Of a workflow.
    public static let workflow = WorkflowReader.keys.map { Key(name: $0, inner: innerOfWorkflow[$0] ?? []) }

    private static let innerOfStep: [String: [String]] = [
        "foreach": LoopReader.forEachKeys, "repeat": LoopReader.repeatKeys, "wait": ActionReader.waitKeys,
        "fail": ActionReader.failKeys, "switch": ActionReader.branchKeys,
        "retry": RetryReader.keys + RetryReader.escalationKeys, "limits": LimitsReader.keys,
        "concurrency": SettingsReader.concurrencyKeys, "rate": SettingsReader.rateKeys,
        "compensate": HandlerReader.compensationKeys, "catch": HandlerReader.catchKeys,
    ]

    private static let innerOfWorkflow = ["concurrency": WorkflowReader.concurrencyKeys]
}

import Scheduler

/// How the processes of a warm plugin are kept, with what holds where the manifest says nothing.
struct WarmRules: Hashable, Sendable {
    /// Requests that one process has at once, unless its `hello` says fewer.
    var concurrency = 1
    /// Requests until a process is ended for another.
    var maxRequests = 1_000
    /// How long a process waits for its next request.
    var idle = Duration.seconds(300)
    /// From the start of a process until its `hello`.
    var startTimeout = Duration.seconds(20)
    /// Resident bytes of a process and its descendants, beyond which it gets no more requests.
    var maxResidentBytes: Int64?

    init() {}

    init(_ manifest: Manifest.WarmRules?) {
        guard let manifest else { return }
        concurrency = manifest.concurrency ?? concurrency
        maxRequests = manifest.maxRequests ?? maxRequests
        idle = manifest.idleMilliseconds.map { .milliseconds($0) } ?? idle
        startTimeout = manifest.startTimeoutMilliseconds.map { .milliseconds($0) } ?? startTimeout
        maxResidentBytes = manifest.maxResidentBytes
    }
}

/// What a warm process is bound to as long as it lives.
struct WarmKey: Hashable, Sendable {
    var arguments: [String]
    /// Of manifest and executable.
    var digest: String?
    var environment: [String: String]
    var secrets: [Secret]
    var limits: ProcessLimits

    struct Secret: Hashable, Sendable {
        var name: String
        var value: [UInt8]
    }

    init(_ plan: AttemptPlan) {
        arguments = plan.program.arguments
        digest = plan.program.digest
        environment = AttemptFacts.variables(of: plan.order, plan.program)
        secrets = plan.secrets.map { Secret(name: $0.name, value: $0.value) }
        limits = ProcessLimits(plan.settings.limits)
    }
}

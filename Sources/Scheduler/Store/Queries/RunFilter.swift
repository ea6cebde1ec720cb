import Linux

/// Which runs to list; nil and empty where it does not matter.
public struct RunFilter: Sendable {
    /// Of one of these, by name.
    public var workflows: Set<String> = []
    public var statuses: Set<RunStatus> = []
    public var compensations: Set<CompensationStatus> = []
    public var key: String?
    /// All of these.
    public var labels: [String: String] = [:]
    /// Created at this time or later.
    public var since: Timestamp?
    /// Created before.
    public var until: Timestamp?
    /// That failed with one of these.
    public var errorTypes: Set<String> = []
    /// Of the schedule with this name.
    public var schedule: String?
    /// Children of this run.
    public var parent: RunID?
    /// Something in the run waits for one of these.
    public var reasons: Set<Wait.Reason> = []

    public init() {}
}

/// What a key allows; each role may do all that the ones before it may.
public enum Role: String, Sendable, CaseIterable, Comparable {
    /// Reads.
    case viewer
    /// Starts runs and acts on them.
    case `operator`
    /// Applies definitions, schedules, and gives out keys.
    case admin

    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

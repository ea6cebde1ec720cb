import Linux

/// How long runs are kept after their end, by how they ended.
public struct Retention: Sendable, Hashable {
    /// Nil for ever.
    private var times: [RunStatus: Duration]

    /// The same for all that have ended.
    public init(_ time: Duration) {
        times = Dictionary(uniqueKeysWithValues: Self.statuses.map { ($0, time) })
    }

    /// Reads `30d`, `off`, and with exceptions `7d,failed=90d,terminated=off`; nil for anything else.
    public init?(_ text: String) {
        times = [:]
        var exceptions: [RunStatus: Duration?] = [:]
        var general: Duration??
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let time = Self.time(sides[sides.count - 1]) else { return nil }
            if sides.count == 1 {
                guard general == nil else { return nil }
                general = .some(time)
            } else {
                guard let status = RunStatus(rawValue: String(sides[0])), status.isTerminal,
                    exceptions.updateValue(time, forKey: status) == nil
                else { return nil }
            }
        }
        guard let general else { return nil }
        for status in Self.statuses { times[status] = exceptions[status] ?? general }
    }

    /// How long a run that ended so is kept; nil for ever.
    public subscript(status: RunStatus) -> Duration? { times[status] }

    /// Nil if all are kept for ever.
    public var shortest: Duration? { times.values.min() }

    /// Nil if some are kept for ever.
    public var longest: Duration? { times.count == Self.statuses.count ? times.values.max() : nil }

    static let statuses = RunStatus.allCases.filter(\.isTerminal)

    /// Nil for what is no time, nil inside for `off`.
    private static func time(_ text: Substring) -> Duration?? {
        if text == "off" { return .some(nil) }
        return DurationText.milliseconds(String(text)).map { .some(.milliseconds($0)) }
    }
}

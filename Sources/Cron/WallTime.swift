import Linux

/// What the clocks of a zone show: seconds from 1970-01-01T00:00:00 of that clock.
public struct WallTime: Sendable, Hashable {
    public var seconds: Int64
    /// Of a time that comes twice, when clocks are set back, the second (the `fold` of PEP 495).
    public var isSecond: Bool

    public init(seconds: Int64, isSecond: Bool = false) {
        self.seconds = seconds
        self.isSecond = isSecond
    }

    init(midnightOf days: Int64) {
        self.init(seconds: days * 86_400)
    }

    /// Days since 1970-01-01.
    var days: Int64 { (seconds - secondOfDay) / 86_400 }
    var date: (year: Int64, month: Int64, day: Int64) { Timestamp.civil(days) }
    var hour: Int { Int(secondOfDay / 3_600) }
    var minute: Int { Int(secondOfDay / 60 % 60) }
    var second: Int { Int(secondOfDay % 60) }

    private var secondOfDay: Int64 { (seconds % 86_400 + 86_400) % 86_400 }
}

extension Timestamp {
    /// Seconds since 1970, cut to whole ones.
    var wholeSeconds: Int64 {
        let fraction = microseconds % 1_000_000
        return (microseconds - fraction) / 1_000_000 - (fraction < 0 ? 1 : 0)
    }
}

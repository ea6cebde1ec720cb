import Linux

/// A time zone: how far its clocks are from UTC, at each instant.
///
/// Instants are seconds since 1970 in UTC, offsets seconds east of it.
public struct Zone: Sendable, Hashable {
    public let name: String
    /// Instants from which another offset holds, rising.
    let transitions: [Int64]
    let offsets: [Int64]
    /// Before the first transition.
    let firstOffset: Int64
    /// After the last one.
    let rule: ZoneRule?

    /// UTC, which needs no file.
    public static let utc = Zone(name: "UTC", transitions: [], offsets: [], firstOffset: 0, rule: nil)

    func offset(at instant: Int64) -> Int64 {
        guard let last = transitions.last, instant < last else {
            return rule?.offset(at: instant) ?? offsets.last ?? firstOffset
        }
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? firstOffset : offsets[low - 1]
    }

    /// What its clocks show at an instant.
    public func wallTime(at instant: Int64) -> WallTime {
        let offset = offset(at: instant)
        let seconds = instant + offset
        let (before, after) = offsets(around: seconds)
        let isSecond = before > after && offset == after && isShown(seconds, with: before)
        return WallTime(seconds: seconds, isSecond: isSecond)
    }

    /// When its clocks show this; a time that is left out counts from the offset before.
    public func instant(of time: WallTime) -> Int64 {
        let (before, after) = offsets(around: time.seconds)
        switch (isShown(time.seconds, with: before), isShown(time.seconds, with: after)) {
        case (true, false): return time.seconds - before
        case (false, true): return time.seconds - after
        case (true, true), (false, false): return time.seconds - (time.isSecond ? after : before)
        }
    }

    /// When its clocks first show this; if they never do, the next full minute that they show.
    func firstInstant(of time: WallTime) -> Int64 {
        let (before, after) = offsets(around: time.seconds)
        var seconds = time.seconds
        while !isShown(seconds, with: before) && !isShown(seconds, with: after) { seconds += 60 }
        return instant(of: WallTime(seconds: seconds))
    }

    /// The offsets a day before and after: more than one change in two days is not expected.
    private func offsets(around seconds: Int64) -> (before: Int64, after: Int64) {
        (offset(at: seconds - 86_400), offset(at: seconds + 86_400))
    }

    private func isShown(_ seconds: Int64, with offset: Int64) -> Bool {
        self.offset(at: seconds - offset) == offset
    }
}

// MARK: - Text

extension Zone {
    /// RFC 3339 with the zone's offset: `2026-03-29T03:30:00+02:00`.
    public func rfc3339(_ time: Timestamp) -> String {
        let offset = offset(at: time.wholeSeconds)
        let shown = Timestamp(microseconds: (time.wholeSeconds + offset) * 1_000_000).rfc3339
        let dateAndTime = shown.prefix { $0 != "." }
        // A zone in UTC says so; offsets with seconds are older than 1972 and have no form of their own.
        if self == .utc || offset % 60 != 0 { return time.rfc3339.prefix { $0 != "." } + "Z" }
        let (hours, minutes) = (abs(offset) / 3_600, abs(offset) / 60 % 60)
        return "\(dateAndTime)\(offset < 0 ? "-" : "+")\(Self.padded(hours)):\(Self.padded(minutes))"
    }

    /// Reads RFC 3339, or without an offset what the zone's clocks show; nil if it is neither.
    public func timestamp(_ text: String) -> Timestamp? {
        if let time = Timestamp(rfc3339: text) { return time }
        guard let shown = Timestamp(rfc3339: text + "Z") else { return nil }
        let seconds = instant(of: WallTime(seconds: shown.wholeSeconds))
        return Timestamp(microseconds: shown.microseconds + (seconds - shown.wholeSeconds) * 1_000_000)
    }

    private static func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

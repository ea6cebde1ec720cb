import Glibc

/// An instant of the wall clock, in microseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static var now: Timestamp { Timestamp(microseconds: read(CLOCK_REALTIME) / 1_000) }

    public static func < (one: Self, other: Self) -> Bool { one.microseconds < other.microseconds }

    public static func + (time: Self, duration: Duration) -> Self {
        Timestamp(microseconds: time.microseconds + duration.wholeNanoseconds / 1_000)
    }

    public static func - (time: Self, duration: Duration) -> Self {
        Timestamp(microseconds: time.microseconds - duration.wholeNanoseconds / 1_000)
    }

    public static func - (later: Self, earlier: Self) -> Duration {
        .microseconds(later.microseconds - earlier.microseconds)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-01-31T09:05:00.123Z`.
    public var rfc3339: String {
        let milliseconds = Self.floorDivide(microseconds, 1_000)
        let days = Self.floorDivide(milliseconds, 86_400_000)
        let (year, month, day) = Self.civil(days)
        let ofDay = milliseconds - days * 86_400_000
        let (hour, minute) = (ofDay / 3_600_000, ofDay / 60_000 % 60)
        let (second, millisecond) = (ofDay / 1_000 % 60, ofDay % 1_000)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func add(_ value: Int64, digits: Int, then mark: Unicode.Scalar) {
            Self.append(value, digits: digits, to: &text)
            text.append(UInt8(ascii: mark))
        }
        add(year, digits: 4, then: "-")
        add(month, digits: 2, then: "-")
        add(day, digits: 2, then: "T")
        add(hour, digits: 2, then: ":")
        add(minute, digits: 2, then: ":")
        add(second, digits: 2, then: ".")
        add(millisecond, digits: 3, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }

    public var description: String { rfc3339 }

    /// Reads RFC 3339 with any offset and any number of decimals (microseconds are kept); nil if it is not
    /// that.
    public init?(rfc3339 text: String) {
        var reader = TimestampReader(Array(text.utf8))
        guard let microseconds = reader.instant() else { return nil }
        self.init(microseconds: microseconds)
    }

    // Civil calendar from day numbers and back: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".

    /// Days since 1970-01-01 of a date.
    public static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The date so many days after 1970-01-01.
    public static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// How many days a month has.
    public static func daysIn(month: Int64, year: Int64) -> Int64 {
        let (nextYear, nextMonth) = month == 12 ? (year + 1, 1) : (year, month + 1)
        return days(year: nextYear, month: nextMonth, day: 1) - days(year: year, month: month, day: 1)
    }

    private static func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
        value >= 0 ? value / by : (value - by + 1) / by
    }

    /// At least so many digits.
    private static func append(_ value: Int64, digits: Int, to text: inout [UInt8]) {
        var power: Int64 = 1
        for _ in 1..<digits { power *= 10 }
        while value / power >= 10 { power *= 10 }
        while power > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: abs(value / power % 10)))
            power /= 10
        }
    }
}

/// Reads the parts of an RFC 3339 text from left to right.
private struct TimestampReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func instant() -> Int64? {
        guard let days = date(), (take("T") || take("t") || take(" ")), let ofDay = timeOfDay(),
            let offset = offset(),
            position == bytes.count
        else { return nil }
        return (days * 86_400 - offset * 60) * 1_000_000 + ofDay
    }

    private mutating func date() -> Int64? {
        guard let year = number(digits: 4), take("-"), let month = number(digits: 2), take("-"),
            let day = number(digits: 2), (1...12).contains(month),
            (1...Timestamp.daysIn(month: month, year: year)).contains(day)
        else { return nil }
        return Timestamp.days(year: year, month: month, day: day)
    }

    /// Microseconds since midnight; a leap second counts as the second before it.
    private mutating func timeOfDay() -> Int64? {
        guard let hour = number(digits: 2), take(":"), let minute = number(digits: 2),
            take(":"),
            let second = number(digits: 2), hour < 24, minute < 60, second <= 60, let fraction = fraction()
        else { return nil }
        return ((hour * 60 + minute) * 60 + min(second, 59)) * 1_000_000 + fraction
    }

    private mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        let digits = bytes[position...].prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        position += digits.count
        var microseconds = digits.prefix(6).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        for _ in 0..<max(0, 6 - digits.count) { microseconds *= 10 }
        return microseconds
    }

    /// The offset from UTC in minutes.
    private mutating func offset() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let isWest = take("-")
        guard isWest || take("+"), let hours = number(digits: 2), take(":"), let minutes = number(digits: 2),
            hours < 24,
            minutes < 60
        else { return nil }
        return (isWest ? -1 : 1) * (hours * 60 + minutes)
    }

    private mutating func number(digits count: Int) -> Int64? {
        guard position + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + count] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        position += count
        return value
    }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }
}

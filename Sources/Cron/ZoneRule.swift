import Linux

/// The rule by which a zone goes on after its last transition: the TZ string of POSIX, as RFC 8536 extends
/// it, such as `EET-2EEST,M3.5.0/3,M10.5.0/4`.
struct ZoneRule: Sendable, Hashable {
    /// Offsets in seconds east of UTC.
    private(set) var standard: Int64 = 0
    private var summer: Summer?

    private struct Summer: Sendable, Hashable {
        var offset: Int64
        var start: Day
        var end: Day
    }

    /// A moment of each year, by the wall clock.
    private struct Day: Sendable, Hashable {
        enum Date: Sendable, Hashable {
            /// `Jn`: from 1, 29 February is not counted.
            case julian(Int64)
            /// `n`: from 0, all days count.
            case ordinal(Int64)
            /// `Mm.w.d`: the w-th such weekday of the month, 5 the last.
            case weekday(Int64, week: Int64, month: Int64)
        }
        var date: Date
        var second: Int64

        func wallSeconds(in year: Int64) -> Int64 { days(in: year) * 86_400 + second }

        private func days(in year: Int64) -> Int64 {
            let newYear = Timestamp.days(year: year, month: 1, day: 1)
            switch date {
            case .ordinal(let day): return newYear + day
            case .julian(let day):
                let isLeap = Timestamp.daysIn(month: 2, year: year) == 29
                return newYear + day - 1 + (isLeap && day > 59 ? 1 : 0)
            case .weekday(let weekday, let week, let month):
                let first = Timestamp.days(year: year, month: month, day: 1)
                let shift = ((weekday - first - 4) % 7 + 7) % 7
                let day = shift + (week - 1) * 7
                return first + (day < Timestamp.daysIn(month: month, year: year) ? day : day - 7)
            }
        }
    }

    func offset(at instant: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = WallTime(seconds: instant + standard).date.year
        let start = summer.start.wallSeconds(in: year) - standard
        let end = summer.end.wallSeconds(in: year) - summer.offset
        let isSummer = start < end ? (start..<end).contains(instant) : !(end..<start).contains(instant)
        return isSummer ? summer.offset : standard
    }

    /// Nil for a text that is no such rule.
    init?(_ text: String) {
        var reader = Reader(text)
        guard reader.skipName(), let west = reader.seconds() else { return nil }
        standard = -west
        if reader.isAtEnd { return }
        guard reader.skipName() else { return nil }
        var offset = standard + 3_600
        if !reader.take(",") {
            guard let west = reader.seconds(), reader.take(",") else { return nil }
            offset = -west
        }
        guard let start = reader.day(), reader.take(","), let end = reader.day(), reader.isAtEnd else {
            return nil
        }
        summer = Summer(offset: offset, start: start, end: end)
    }

    private struct Reader {
        private var rest: Substring

        init(_ text: String) { rest = Substring(text) }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest.removeFirst()
            return true
        }

        /// `EET` or `<+03>`.
        mutating func skipName() -> Bool {
            if take("<") {
                rest = rest.drop { $0 != ">" }
                return take(">")
            }
            let letters = rest.prefix(while: \.isLetter)
            rest = rest.dropFirst(letters.count)
            return letters.count >= 3
        }

        /// `[+-]h[h[h]][:mm[:ss]]` in seconds.
        mutating func seconds() -> Int64? {
            let isNegative = take("-")
            if !isNegative { _ = take("+") }
            guard var total = number(upTo: 167).map({ $0 * 3_600 }) else { return nil }
            for unit: Int64 in [60, 1] where take(":") {
                guard let part = number(upTo: 59) else { return nil }
                total += part * unit
            }
            return isNegative ? -total : total
        }

        mutating func day() -> Day? {
            guard let date = date() else { return nil }
            guard take("/") else { return Day(date: date, second: 7_200) }
            return seconds().map { Day(date: date, second: $0) }
        }

        private mutating func date() -> Day.Date? {
            if take("J") { return number(upTo: 365).map { .julian($0) } }
            guard take("M") else { return number(upTo: 365).map { .ordinal($0) } }
            guard let month = number(upTo: 12), month > 0, take("."), let week = number(upTo: 5), week > 0,
                take("."), let weekday = number(upTo: 6)
            else { return nil }
            return .weekday(weekday, week: week, month: month)
        }

        private mutating func number(upTo limit: Int64) -> Int64? {
            let digits = rest.prefix { "0"..."9" ~= $0 }
            rest = rest.dropFirst(digits.count)
            guard let number = Int64(digits), number <= limit else { return nil }
            return number
        }
    }
}

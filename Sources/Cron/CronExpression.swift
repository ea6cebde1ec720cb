/// When something recurs, as crontab(5) writes it: `30 2 * * MON-FRI`.
///
/// Five fields, or six with seconds first, or a nickname such as `@daily`. If day-of-month or day-of-week
/// begins with a star, a day must fit both; else it must fit one of them (Debian's cron).
public struct CronExpression: Sendable, Hashable {
    /// As it was written.
    public let text: String

    let seconds: NumberSet
    let minutes: NumberSet
    let hours: NumberSet
    let days: Set<CronTerm>
    let months: NumberSet
    /// Sunday is 0 alone.
    let weekdays: Set<CronTerm>
    /// A day must fit both day-of-month and day-of-week.
    let needsBothDays: Bool
    /// It means clock times, not a rhythm, so that a clock change neither loses nor doubles them.
    let namesClockTimes: Bool

    public init(_ text: String) throws(CronError) {
        self.text = text
        var fields = try Self.fields(of: text)
        let hasSeconds = fields.count == 6
        if !hasSeconds { fields.insert("0", at: 0) }

        var terms: [CronField: Set<CronTerm>] = [:]
        for (field, text) in zip(CronField.allCases, fields) {
            terms[field] = try CronFieldReader(field: field, text: text).terms()
        }
        seconds = NumberSet(terms[.second])
        minutes = NumberSet(terms[.minute])
        hours = NumberSet(terms[.hour])
        days = terms[.dayOfMonth] ?? []
        months = NumberSet(terms[.month])
        weekdays = Set((terms[.dayOfWeek] ?? []).map(\.withOneSunday))
        needsBothDays = fields[3].hasPrefix("*") || fields[5].hasPrefix("*")
        namesClockTimes = !hasSeconds && !fields[1].hasPrefix("*") && !fields[2].hasPrefix("*")
        try refuseImpossibleDay(fields[3])
    }

    private static let nicknames = [
        "@YEARLY": "0 0 1 1 *", "@ANNUALLY": "0 0 1 1 *", "@MONTHLY": "0 0 1 * *", "@WEEKLY": "0 0 * * 0",
        "@DAILY": "0 0 * * *", "@MIDNIGHT": "0 0 * * *", "@HOURLY": "0 * * * *",
    ]

    /// The fields in capitals.
    private static func fields(of text: String) throws(CronError) -> [String] {
        var fields = text.uppercased().split(whereSeparator: \.isWhitespace).map(String.init)
        if fields.count == 1, let name = fields.first, name.hasPrefix("@") {
            guard let meaning = nicknames[name] else {
                let known = nicknames.keys.sorted().joined(separator: " ").lowercased()
                throw CronError(text: text, message: "there is no such nickname; there are \(known)")
            }
            fields = meaning.split(separator: " ").map(String.init)
        }
        guard fields.count == 5 || fields.count == 6 else {
            let names = CronField.allCases.dropFirst().map(\.rawValue).joined(separator: " ")
            throw CronError(
                text: text,
                message: "it has \(fields.count) fields, not 5 (\(names)) or 6 (seconds first)"
            )
        }
        return fields
    }

    /// The most days that each month has.
    private static let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    private func refuseImpossibleDay(_ text: String) throws(CronError) {
        guard needsBothDays, let first = days.map(\.earliestDay).min() else { return }
        let lengths = (1...12).filter(months.contains).map { Self.longest[$0 - 1] }
        guard first > lengths.max() ?? 0 else { return }
        throw CronError(field: .dayOfMonth, text: text, message: "none of the months has such a day")
    }

    /// Whether a day fits, numbers from 1, Sunday 0.
    func includes(day: Int, of monthLength: Int, weekday: Int) -> Bool {
        let fitsMonth = fits(day: day, of: monthLength, weekday: weekday)
        let fitsWeek = fits(weekday: weekday, day: day, of: monthLength)
        return needsBothDays ? fitsMonth && fitsWeek : fitsMonth || fitsWeek
    }

    private func fits(day: Int, of monthLength: Int, weekday: Int) -> Bool {
        if days.contains(.number(day)) || day == monthLength && days.contains(.lastDay) { return true }
        guard days.contains(.lastWorkday), (1...5).contains(weekday) else { return false }
        // A Friday is the last workday also when the month ends on the weekend after it.
        return day == monthLength || weekday == 5 && day + 2 >= monthLength
    }

    private func fits(weekday: Int, day: Int, of monthLength: Int) -> Bool {
        weekdays.contains(.number(weekday))
            || weekdays.contains(.nth((day + 6) / 7, weekday: weekday))
            || day + 7 > monthLength && weekdays.contains(.last(weekday: weekday))
    }
}

/// Numbers under 64.
struct NumberSet: Sendable, Hashable {
    private var bits: UInt64 = 0

    init(_ terms: Set<CronTerm>?) {
        for case .number(let number) in terms ?? [] { bits |= 1 << UInt64(number) }
    }

    func contains(_ number: Int) -> Bool { bits & 1 << UInt64(number) != 0 }
}

extension CronTerm {
    /// Sunday as 0 where it was 7.
    fileprivate var withOneSunday: CronTerm {
        switch self {
        case .number(let day): .number(day % 7)
        case .last(let weekday): .last(weekday: weekday % 7)
        case .nth(let count, let weekday): .nth(count, weekday: weekday % 7)
        case .lastDay, .lastWorkday: self
        }
    }

    /// The first day of a month that it may be.
    fileprivate var earliestDay: Int {
        if case .number(let day) = self { day } else { 1 }
    }
}

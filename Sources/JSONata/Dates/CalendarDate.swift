/// A moment as the Gregorian calendar names it in UTC.
struct CalendarDate {
    var year: Int
    /// 1 to 12.
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    var millisecond: Int
    /// Days since 1970-01-01.
    let dayNumber: Int

    /// The moment so many milliseconds after 1970; at most 8.64e15 of them on either side.
    init(millis: Double) {
        let total = Int(max(-8.64e15, min(8.64e15, millis.rounded(.down))))
        dayNumber = Self.floorDivide(total, 86_400_000)
        let rest = total - dayNumber * 86_400_000
        (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60)
        (second, millisecond) = (rest / 1000 % 60, rest % 1000)
        // Days counted from March 0000, in eras of 400 years (Hinnant, "chrono-compatible low-level dates").
        let shifted = dayNumber + 719_468
        let era = Self.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The days since 1970-01-01 of a date; months beyond 1 to 12 are of the years around.
    static func dayNumber(year: Int, month: Int, day: Int = 1) -> Int {
        let years = year + floorDivide(month - 1, 12)
        let month = month - 12 * floorDivide(month - 1, 12)
        let shifted = month <= 2 ? years - 1 : years
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func floorDivide(_ dividend: Int, _ divisor: Int) -> Int {
        let quotient = dividend / divisor
        return dividend % divisor != 0 && (dividend < 0) != (divisor < 0) ? quotient - 1 : quotient
    }
}

extension CalendarDate {
    /// Monday is 1, Sunday 7 (ISO 8601).
    var weekday: Int { Self.weekday(dayNumber) }

    private static func weekday(_ dayNumber: Int) -> Int {
        (dayNumber + 3) - 7 * floorDivide(dayNumber + 3, 7) + 1
    }

    var dayOfYear: Int { dayNumber - Self.dayNumber(year: year, month: 1) + 1 }

    /// The week of the year, the first being that with the year's first Thursday.
    var weekOfYear: Int { week(startingAt: 1, months: 12) }

    /// The week of the month, the first being that with the month's first Thursday.
    var weekOfMonth: Int { week(startingAt: month, months: 1) }

    /// The year that the week of this day belongs to.
    var weekYear: Int {
        if dayNumber < Self.firstWeek(year: year, month: 1) { return year - 1 }
        return dayNumber >= Self.firstWeek(year: year + 1, month: 1) ? year + 1 : year
    }

    /// The month that the week of this day belongs to.
    var weekMonth: Int {
        if dayNumber < Self.firstWeek(year: year, month: month) { return month == 1 ? 12 : month - 1 }
        guard dayNumber >= Self.firstWeek(year: year, month: month + 1) else { return month }
        return month == 12 ? 1 : month + 1
    }

    private func week(startingAt start: Int, months: Int) -> Int {
        let first = Self.firstWeek(year: year, month: start)
        if dayNumber < first {
            return (dayNumber - Self.firstWeek(year: year, month: start - months)) / 7 + 1
        }
        if dayNumber >= Self.firstWeek(year: year, month: start + months) { return 1 }
        return (dayNumber - first) / 7 + 1
    }

    /// The Monday of the week with the first Thursday of a month.
    private static func firstWeek(year: Int, month: Int) -> Int {
        let first = dayNumber(year: year, month: month)
        let weekday = weekday(first)
        return weekday > 4 ? first + 8 - weekday : first - (weekday - 1)
    }
}

import Linux

/// A walk over the clock of a zone from one time that fits to the next.
///
/// A rhythm (`*/20 * * * *`) is walked in real time: an hour that comes twice has its fires twice, one that
/// is left out has none. Clock times (`30 2 * * *`) are walked over the wall clock alone: a time that comes
/// twice fires the first time, one that is left out fires when the clock goes on. That is Debian's cron.
struct CronWalk {
    private let expression: CronExpression
    /// Nil on a walk over the wall clock alone.
    private let zone: Zone?
    private(set) var time: WallTime

    /// Nothing that recurs at all recurs rarer; the calendar itself repeats after 400 years.
    private static let yearsLimit: Int64 = 50
    private static let lastYear: Int64 = 9_999

    init(_ expression: CronExpression, from time: WallTime, in zone: Zone?) {
        self.expression = expression
        self.zone = zone
        self.time = time
    }

    /// Goes to the next time that fits; false when there is none within 50 years.
    mutating func step() -> Bool {
        tick(1)
        let limit = min(time.date.year + Self.yearsLimit, Self.lastYear)
        while true {
            skipMonths()
            if time.date.year > limit { return false }
            if skipDays() || skipHours() || skipMinutes() || skipSeconds() { continue }
            return true
        }
    }

    private mutating func tick(_ seconds: Int64) {
        if let zone {
            time = zone.wallTime(at: zone.instant(of: time) + seconds)
        } else {
            time.seconds += seconds
        }
    }

    private mutating func skipMonths() {
        var (year, month, _) = time.date
        guard !expression.months.contains(Int(month)) else { return }
        while !expression.months.contains(Int(month)) {
            (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
        }
        time = WallTime(midnightOf: Timestamp.days(year: year, month: month, day: 1))
    }

    private mutating func skipDays() -> Bool {
        let (year, month, first) = time.date
        let length = Timestamp.daysIn(month: month, year: year)
        var day = first
        while day <= length && !includes(day: day, of: length) { day += 1 }
        guard day != first else { return false }
        time = WallTime(midnightOf: time.days + day - first)
        return true
    }

    private func includes(day: Int64, of length: Int64) -> Bool {
        let days = time.days + day - time.date.day
        // 1970-01-01 was a Thursday.
        let weekday = ((days + 4) % 7 + 7) % 7
        return expression.includes(day: Int(day), of: Int(length), weekday: Int(weekday))
    }

    private mutating func skipHours() -> Bool {
        guard !expression.hours.contains(time.hour) else { return false }
        time.seconds -= Int64(time.minute * 60 + time.second)
        repeat { tick(3_600) } while !expression.hours.contains(time.hour) && time.hour != 0
        return true
    }

    private mutating func skipMinutes() -> Bool {
        guard !expression.minutes.contains(time.minute) else { return false }
        time.seconds -= Int64(time.second)
        repeat { tick(60) } while !expression.minutes.contains(time.minute) && time.minute != 0
        return true
    }

    private mutating func skipSeconds() -> Bool {
        guard !expression.seconds.contains(time.second) else { return false }
        repeat { tick(1) } while !expression.seconds.contains(time.second) && time.second != 0
        return true
    }
}

extension CronExpression {
    /// The first instant after `instant` at which it fires in a zone; nil when there is none within 50 years.
    public func next(after instant: Timestamp, in zone: Zone) -> Timestamp? {
        var walk = CronWalk(
            self,
            from: zone.wallTime(at: instant.wholeSeconds),
            in: namesClockTimes ? nil : zone
        )
        while walk.step() {
            let fire = namesClockTimes ? zone.firstInstant(of: walk.time) : zone.instant(of: walk.time)
            let found = Timestamp(microseconds: fire * 1_000_000)
            // In an hour that comes for the second time, clock times in it have fired.
            if found > instant { return found }
        }
        return nil
    }
}

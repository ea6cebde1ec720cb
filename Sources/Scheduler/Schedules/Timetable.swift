import Cron
import Linux

/// The instants of a schedule.
///
/// An interval is anchored at 1970-01-01T00:00:00Z: neither a restart nor a change of the schedule moves it.
public struct Timetable: Sendable {
    private enum Rhythm: Sendable {
        case cron(CronExpression, Zone)
        case every(microseconds: Int64)
    }

    private let name: String
    private let rhythm: Rhythm
    private let jitterMilliseconds: Int64

    /// Throws ``CronError`` or ``ZoneFiles/Failure``.
    public init(_ schedule: Schedule, zones: ZoneFiles = ZoneFiles()) throws {
        name = schedule.name
        jitterMilliseconds = schedule.jitterMilliseconds
        switch schedule.rhythm {
        case .cron(let text): rhythm = .cron(try CronExpression(text), try zones.zone(schedule.zone))
        case .every(let milliseconds): rhythm = .every(microseconds: milliseconds * 1_000)
        }
    }

    /// The first instant after another; nil when there is none within 50 years.
    public func next(after instant: Timestamp) -> Timestamp? {
        switch rhythm {
        case .cron(let expression, let zone): return expression.next(after: instant, in: zone)
        case .every(let step):
            let into = (instant.microseconds % step + step) % step
            return Timestamp(microseconds: instant.microseconds - into + step)
        }
    }

    /// When the run of an instant starts: later by the jitter, the same for each server that asks.
    public func start(of instant: Timestamp) -> Timestamp {
        guard jitterMilliseconds > 0 else { return instant }
        let digest = SHA256.hexadecimal(Array("\(name) \(instant.microseconds)".utf8))
        let random = UInt64(digest.prefix(15), radix: 16) ?? 0
        return instant + .milliseconds(Int64(random % UInt64(jitterMilliseconds)))
    }

    /// When the next instant after this one is to be looked at.
    public func wake(after instant: Timestamp) -> Timestamp? { next(after: instant).map(start) }

    /// Instants after one that have come, the oldest first.
    func come(after instant: Timestamp, by now: Timestamp, limit: Int) -> [Timestamp] {
        var instants: [Timestamp] = []
        var last = instant
        while instants.count < limit, let next = next(after: last), start(of: next) <= now {
            instants.append(next)
            last = next
        }
        return instants
    }

    /// Instants from one up to another, which is left out.
    public func instants(since: Timestamp, until: Timestamp, limit: Int) -> [Timestamp] {
        var instants: [Timestamp] = []
        var last = since - .microseconds(1)
        while instants.count < limit, let next = next(after: last), next < until {
            instants.append(next)
            last = next
        }
        return instants
    }
}

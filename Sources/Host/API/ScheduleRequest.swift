import Cron
import JSON
import Linux
import Scheduler
import Wording

/// The body of `PUT /v1/schedules/{name}`, checked key by key.
struct ScheduleRequest {
    var schedule: Schedule
    /// Nil leaves it as it is.
    var isPaused: Bool?
    /// Mistakes that need no database to be found, each at its pointer.
    var errors: [JSONValue]

    private static let keys = [
        "workflow", "input", "cron", "every", "zone", "overlap", "catch_up", "jitter", "paused", "labels",
    ]

    init(_ name: String, _ body: JSONValue) throws(Problem) {
        guard let object = body.objectValue else {
            throw .invalid("the body is an object with “workflow” and “cron” or “every”")
        }
        guard NamePattern.workflow.matches(name) else {
            throw .invalid("“\(name)” names no schedule: \(NamePattern.workflow)")
        }
        var reader = FieldReader(object)
        reader.refuseUnknown(besides: Self.keys)
        schedule = Schedule(
            name: name,
            workflow: reader.text("workflow", isRequired: true) ?? "",
            input: object["input"] ?? [:],
            rhythm: reader.rhythm(),
            zone: reader.zone(),
            overlap: reader.overlap(),
            catchUpMilliseconds: reader.duration("catch_up") ?? 0,
            jitterMilliseconds: reader.duration("jitter") ?? 0,
            labels: reader.texts("labels")
        )
        isPaused = reader.flag("paused")
        if reader.errors.isEmpty, let timetable = try? Timetable(schedule),
            timetable.next(after: .now) == nil
        {
            reader.fail("cron", "it does not fire within 50 years")
        }
        errors = reader.errors
    }
}

extension FieldReader {
    fileprivate mutating func rhythm() -> Schedule.Rhythm {
        let (cron, every) = (text("cron"), duration("every"))
        switch (isGiven("cron"), isGiven("every")) {
        case (true, true): fail("every", "give cron or every, not both")
        case (true, false), (false, true): break
        case (false, false):
            fail("cron", "“cron” is missing", hint: "give cron, such as 30 2 * * *, or every, such as 5m")
        }
        if let every {
            if every < 1_000 { fail("every", "an interval is at least 1s") }
            return .every(milliseconds: max(1_000, every))
        }
        if let cron {
            do throws(CronError) {
                _ = try CronExpression(cron)
            } catch {
                fail("cron", "\(error)")
            }
        }
        return .cron(cron ?? "")
    }

    fileprivate mutating func zone() -> String {
        guard let name = text("zone") else { return Zone.utc.name }
        let files = ZoneFiles()
        do throws(ZoneFiles.Failure) {
            _ = try files.zone(name)
        } catch {
            fail("zone", "\(error)", hint: NearestName.hint(for: name, among: files.names()))
        }
        return name
    }

    fileprivate mutating func overlap() -> Schedule.Overlap {
        guard let text = text("overlap") else { return .skip }
        if let overlap = Schedule.Overlap(rawValue: text) { return overlap }
        let known = Schedule.Overlap.allCases.map(\.rawValue)
        fail(
            "overlap",
            "“\(text)” is none of: \(known.joined(separator: " "))",
            hint: NearestName.hint(for: text, among: known)
        )
        return .skip
    }

    fileprivate mutating func duration(_ key: String) -> Int64? {
        guard let text = text(key) else { return nil }
        let milliseconds = DurationText.milliseconds(text)
        if milliseconds == nil { fail(key, "“\(text)” is no duration such as 30s or 1h30m") }
        return milliseconds
    }

    fileprivate mutating func flag(_ key: String) -> Bool? {
        switch object[key] {
        case nil, .null: return nil
        case .bool(let flag): return flag
        default: fail(key, "“\(key)” is true or false")
        }
        return nil
    }
}

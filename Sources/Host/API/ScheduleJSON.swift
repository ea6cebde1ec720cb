import Cron
import JSON
import Linux
import Scheduler

/// Schedules and their fires as the API writes them.
enum ScheduleJSON {
    static func schedule(_ view: ScheduleView, now: Timestamp) -> JSONValue {
        var object = JSONObject([("name", .string(view.schedule.name))])
        for (key, value) in view.schedule.stored { object[key] = value }
        object["paused"] = .bool(view.isPaused)
        object["pause_reason"] = view.pauseReason.map { .string($0) }
        let next = view.isPaused ? nil : try? Timetable(view.schedule).next(after: max(now, view.cursor))
        object["next_at"] = RunJSON.time(next)
        object["version"] = .integer(view.version)
        object["created_at"] = .string(view.createdAt.rfc3339)
        object["updated_at"] = .string(view.updatedAt.rfc3339)
        return .object(object)
    }

    static func instant(_ instant: Timestamp, in zone: Zone) -> JSONValue {
        ["at": .string(instant.rfc3339), "local": .string(zone.rfc3339(instant))]
    }

    static func fire(_ view: FireView) -> JSONValue {
        let fire = view.fire
        return [
            "at": .string(fire.instant.rfc3339), "status": .string(fire.status.rawValue),
            "run": RunJSON.text(fire.run?.description), "reason": RunJSON.text(fire.reason?.rawValue),
            "detail": RunJSON.text(fire.detail), "count": .integer(Int64(fire.count)),
            "decided_at": .string(view.decidedAt.rfc3339),
        ]
    }
}

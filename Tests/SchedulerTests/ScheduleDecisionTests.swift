import Linux
import Testing

@testable import Scheduler

@Suite("What is decided about the instants of a schedule")
struct ScheduleDecisionTests {
    private static func time(_ text: String) -> Timestamp {
        Timestamp(rfc3339: "2026-03-11T\(text)Z") ?? .now
    }

    private static func state(
        _ overlap: Schedule.Overlap = .skip,
        catchUp: Int64 = 0,
        live: Int = 0,
        queued: [String] = []
    ) -> ScheduleState {
        var state = ScheduleState(
            id: 1,
            version: 3,
            schedule: Schedule(
                name: "often",
                workflow: "w",
                rhythm: .every(milliseconds: 60_000),
                overlap: overlap,
                catchUpMilliseconds: catchUp
            ),
            isPaused: false,
            cursor: time("10:00:00")
        )
        state.live = (0..<live).map { RunID(milliseconds: Int64($0), random: (0, 0)) }
        state.queued = queued.map(time)
        return state
    }

    private static func decide(
        _ state: ScheduleState,
        at now: String,
        watchedSince: String = "09:00:00"
    ) throws -> ScheduleDecision {
        ScheduleDecider(timetable: try Timetable(state.schedule), watchedSince: time(watchedSince))
            .decide(state, now: time(now))
    }

    /// `10:01 skipped overlap`, a fire each; the run's instant for a start.
    private static func words(_ decision: ScheduleDecision) -> [String] {
        func minute(_ time: Timestamp) -> String { String(time.rfc3339.dropFirst(11).prefix(5)) }
        switch decision {
        case .start(let fire): return ["\(minute(fire.instant)) start \(fire.kind.rawValue)"]
        case .wait(let until): return ["wait until \(until.map(minute) ?? "never")"]
        case .record(let fires, let cursor, _):
            return fires.map {
                "\(minute($0.instant)) \($0.status.rawValue) \($0.reason?.rawValue ?? "") \($0.count)"
            } + ["cursor \(minute(cursor))"]
        }
    }

    @Test("nothing is due before its time")
    func early() throws {
        #expect(Self.words(try Self.decide(Self.state(), at: "10:00:59")) == ["wait until 10:01"])
        #expect(Self.words(try Self.decide(Self.state(), at: "10:01:00")) == ["10:01 start due"])
    }

    @Test("while a run has not ended, the policy says what becomes of the next instant")
    func overlap() throws {
        func next(_ policy: Schedule.Overlap, queued: [String] = []) throws -> [String] {
            Self.words(try Self.decide(Self.state(policy, live: 1, queued: queued), at: "10:01:00"))
        }
        #expect(try next(.skip) == ["10:01 skipped overlap 1", "cursor 10:01"])
        #expect(try next(.queue) == ["10:01 queued overlap 1", "cursor 10:01"])
        #expect(try next(.cancel) == ["10:01 queued overlap 1", "cursor 10:01"])
        #expect(try next(.allow) == ["10:01 start due"])
        let replacing = try next(.cancel, queued: ["09:59:00"])
        #expect(replacing == ["09:59 skipped replaced 1", "10:01 queued overlap 1", "cursor 10:01"])
        let full = Array(repeating: "09:59:00", count: 100)
        #expect(try next(.queue, queued: full) == ["10:01 skipped overlap 1", "cursor 10:01"])
    }

    @Test("what was queued begins first, once nothing is live")
    func queued() throws {
        let free = Self.state(.queue, queued: ["09:59:00", "10:00:00"])
        #expect(Self.words(try Self.decide(free, at: "10:05:00")) == ["09:59 start queued"])
        var paused = free
        paused.isPaused = true
        #expect(Self.words(try Self.decide(paused, at: "10:00:30")) == ["wait until 10:01"])
    }

    @Test("what nobody watched is made up for within the window, and left out before it")
    func catchUp() throws {
        func missed(_ window: Int64) throws -> [String] {
            let state = Self.state(catchUp: window)
            return Self.words(try Self.decide(state, at: "10:03:30", watchedSince: "10:03:30"))
        }
        let all = ["10:01 skipped catch_up 1", "10:02 skipped catch_up 1", "10:03 skipped catch_up 1"]
        #expect(try missed(0) == all + ["cursor 10:03"])
        #expect(try missed(100_000) == [all[0], "cursor 10:01"])
        #expect(try missed(3_600_000) == ["10:01 start due"])
        let late = try Self.decide(Self.state(), at: "10:03:30", watchedSince: "10:00:30")
        #expect(Self.words(late) == ["10:01 start due"])
    }

    @Test("of many missed instants the oldest are one entry")
    func manyMissed() throws {
        let decision = try Self.decide(Self.state(), at: "23:59:30", watchedSince: "23:59:30")
        guard case .record(let fires, _, _) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(fires.count == 100)
        #expect(fires.reduce(0) { $0 + $1.count } == 839)
    }

    @Test("an interval is anchored, and jitter is the same each time and below its bound")
    func timetable() throws {
        var schedule = Self.state().schedule
        schedule.rhythm = .every(milliseconds: 420_000)
        schedule.jitterMilliseconds = 30_000
        let (one, other) = (try Timetable(schedule), try Timetable(schedule))
        var offsets: Set<Duration> = []
        var instant = Self.time("10:00:00")
        for _ in 0..<100 {
            instant = try #require(one.next(after: instant))
            #expect(instant.microseconds % 420_000_000 == 0)
            #expect(one.start(of: instant) == other.start(of: instant))
            offsets.insert(one.start(of: instant) - instant)
        }
        #expect(offsets.count > 90)
        #expect(offsets.allSatisfy { (.zero..<(.seconds(30))).contains($0) })
    }
}

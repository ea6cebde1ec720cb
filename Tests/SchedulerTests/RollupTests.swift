import Linux
import Testing

@testable import Scheduler

@Suite("Roll-ups: buckets of a time, and what is added to them")
struct RollupTests {
    private let now = Timestamp(rfc3339: "2026-11-25T08:30:20Z") ?? .now

    @Test(
        "the narrowest buckets that are enough, whole ones, of what is kept",
        arguments: [
            (3_600, 60, "minute", 60), (3_600, 10, "minute", 600), (86_400, 60, "minute", 1_800),
            (7 * 86_400, 60, "hour", 21_600), (90 * 86_400, 60, "hour", 86_400), (60, 60, "minute", 60),
        ]
    )
    func plan(seconds: Int, limit: Int, span: String, width: Int64) {
        let plan = RollupPlan(since: now - .seconds(seconds), until: now, limit: limit, now: now)
        #expect(plan.span.rawValue == span)
        #expect(plan.width == width)
        #expect(plan.since.microseconds % (width * 1_000_000) == 0)
        #expect(plan.since <= now - .seconds(seconds) || plan.starts.count > limit)
        #expect(plan.starts.count <= limit + 1)
        #expect(plan.until >= now || seconds > 60 * 86_400)
    }

    @Test("a process tells what has come since it told last, bucket by bucket")
    func delta() throws {
        let histogram = Histogram(bounds: [1, 10])
        let first = histogram.snapshot
        #expect(DurationDelta(.wait, from: nil, to: first) == nil)
        for seconds in [1, 5, 5, 60] { histogram.observe(.seconds(seconds)) }
        let second = histogram.snapshot
        #expect(DurationDelta(.wait, from: first, to: second)?.counts == [1, 2, 1])
        histogram.observe(.seconds(7))
        let third = try #require(DurationDelta(.wait, from: second, to: histogram.snapshot))
        #expect(third.counts == [0, 1, 0])
        #expect(third.seconds == 7)
    }
}

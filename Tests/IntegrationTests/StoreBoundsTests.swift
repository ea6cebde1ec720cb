import Linux
import Testing

@testable import Scheduler

/// What the store decides without a database: bounds of searches, and partitions.
@Suite struct StoreBoundsTests {
    private let time = Timestamp(microseconds: 1_764_034_200_000_000)

    @Test func claimsSearchFromTheirMarksOnAndLeaveNoGap() {
        var marks = ClaimWatermarks()
        let start = MonotonicTime.now
        // The first search is a full one.
        #expect(marks.ranges(of: ["a"], at: start).map(\.since) == [nil])
        marks.claimed(queue: "a", priority: 0, readyAt: time)
        marks.claimed(queue: "a", priority: 5, readyAt: time)
        marks.claimed(queue: "a", priority: 5, readyAt: time - .seconds(9))

        let ranges = marks.ranges(of: ["a", "b"], at: start + .seconds(1))
        let since = time - .seconds(1)
        #expect(ranges.map(\.queue) == ["a", "a", "a", "b"])
        #expect(ranges.map(\.since) == [nil, since, since, nil])
        #expect(ranges.map(\.low) == [-32_767, -5, 0, -32_767])
        #expect(ranges.map(\.high) == [-6, -1, 32_767, 32_767])
        #expect(marks.ranges(of: ["a"], at: start + .seconds(11)).map(\.since) == [nil])
    }

    @Test func timersAreSearchedFromTheLastThatWasDue() {
        var mark = TimerMark()
        let start = MonotonicTime.now
        #expect(mark.bound(at: start) == nil)
        mark.searched(first: time, at: time + .seconds(5))
        #expect(mark.bound(at: start + .seconds(1)) == time - .seconds(1))
        mark.searched(first: nil, at: time + .seconds(6))
        #expect(mark.bound(at: start + .seconds(2)) == time + .seconds(5))
        #expect(mark.bound(at: start + .seconds(11)) == nil)
    }

    @Test func partitionsAreDaysOfTheIdsTime() {
        let day = PartitionPlan.day(of: time)
        #expect(PartitionPlan.days(at: time) == day - 1...day + 7)
        let partition = PartitionPlan.Partition(table: "history", day: day)
        #expect(partition.name == "history_20251125")
        #expect(partition.lowerBound == "019ab84f-5c00-0000-0000-000000000000")
        #expect(PartitionPlan.missing(days: [day], existing: ["run_20251125"]).map(\.table).count == 5)
        let existing: Set = ["run_20251124", "step_20251124", "run_20251125", "run_other"]
        #expect(PartitionPlan.days(before: day, existing: existing) == [day - 1])
    }
}

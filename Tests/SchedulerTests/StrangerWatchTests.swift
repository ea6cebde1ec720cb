import Linux
import Testing

@testable import Scheduler

@Suite("Steps that a worker is said to hold and does not know")
struct StrangerWatchTests {
    private let start = MonotonicTime(nanoseconds: 0)

    @Test("are lost after the time of a heartbeat, however many heartbeats a hint brings before")
    func time() {
        var watch = StrangerWatch()
        for milliseconds in [0, 1, 2, 40, 999] {
            let now = start + .milliseconds(milliseconds)
            #expect(watch.lost(among: [7], at: now, after: .seconds(1)).isEmpty)
        }
        #expect(watch.lost(among: [7, 8], at: start + .seconds(1), after: .seconds(1)) == [7])
    }

    @Test("are strangers anew when they were known in between")
    func knownBetween() {
        var watch = StrangerWatch()
        _ = watch.lost(among: [7], at: start, after: .seconds(1))
        _ = watch.lost(among: [], at: start + .milliseconds(500), after: .seconds(1))
        #expect(watch.lost(among: [7], at: start + .seconds(2), after: .seconds(1)).isEmpty)
    }
}

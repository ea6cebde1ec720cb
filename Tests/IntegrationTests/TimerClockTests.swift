import Linux
import TestSupport
import Testing

@testable import Scheduler

extension OwnProcessTests {
    @Suite("Timers are due by the database's clock")
    struct TimerClockTests {
        @Test("a server and a worker whose clocks are an hour ahead fire none early")
        func ahead() async throws {
            let folder = try TestServers.folder()
            let clock = try WallClock(in: folder)
            try clock.set(off: 3_600)
            let installation = try await Installation.start(settings: clock.environment)
            defer { installation.remove() }
            try await onOwnThread {
                let ledger = Ledger("\(folder)/ledger")
                let note = "echo \"$PAWL_IDEMPOTENCY_KEY $(date +%s%N)\" >> \(ledger.path)"
                let run = try installation.api.run(
                    """
                    name: clocked
                    steps:
                      - { id: before, run: '\(note)' }
                      - { id: nap, sleep: 1500ms }
                      - { id: after, run: '\(note)' }
                    """
                )
                #expect(run["status"] == "succeeded")
                let times = try ledger.firstTimes()
                let id = run["id"]?.stringValue ?? ""
                let (began, ended) = (times["\(id)/before"] ?? 0, times["\(id)/after"] ?? 0)
                #expect((ended - began) / 1_000_000 >= 1_500, "it slept \((ended - began) / 1_000_000) ms")
            }
        }

        @Test("more timers than are read at once are due at one instant, and all fire")
        func herd() async throws {
            let installation = try await Installation.start()
            defer { installation.remove() }
            try await onOwnThread {
                let count = TimerService.limit * 5 / 2
                let run = try installation.api.run(
                    """
                    name: herd
                    steps:
                      - id: naps
                        foreach: { items: "${ [1..\(count)] }", max_concurrency: \(count) }
                        until: "${ $fromMillis($toMillis(run.started_at) + 4000) }"
                    """
                )
                #expect(run["status"] == "succeeded")
                #expect(run["step_counts"]?["succeeded"] == .integer(Int64(count + 1)))
            }
        }
    }
}

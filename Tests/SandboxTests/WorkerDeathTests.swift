import Linux
import Sandbox
import Testing

/// The supervisors keep the promise when the process that started them cannot.
@Suite("Death of the worker")
struct WorkerDeathTests {
    /// Starts a worker that runs a command with a daemon, and waits until both are there.
    private func worker(_ marker: String, timeout milliseconds: Int) async throws -> Child {
        let script = "(setsid sleep \(marker) &); exec sleep \(marker)"
        let probe = ProcessSpawn(
            path: try Fixture.product("SandboxProbe"),
            arguments: [
                "SandboxProbe", "hold", "\(Fixture.folder)/worker", "\(milliseconds)", "/bin/sh", "-c",
                script,
            ],
            environment: ["PAWL_LAUNCHER=\(Fixture.launcher)"],
            descriptors: [(2, 0), (2, 2)]
        )
        let worker = try probe.start()
        #expect(await Fixture.eventually { Self.sleepers(marker) == 2 })
        return worker
    }

    @Test("kill -9 in mid-step leaves no process after a second, daemons included")
    func killed() async throws {
        let worker = try await worker("987601", timeout: 600_000)
        worker.signal(9)
        let start = MonotonicTime.now
        #expect(await Fixture.eventually { Self.sleepers("987601") == 0 })
        #expect(MonotonicTime.now - start < .seconds(1))
        _ = try worker.wait()
    }

    @Test("SIGSTOP past a step's deadline does not keep the step alive")
    func stopped() async throws {
        let worker = try await worker("987602", timeout: 4_000)  // in which a busy machine starts both
        worker.signal(19)
        #expect(await Fixture.eventually { Self.sleepers("987602") == 0 })
        worker.signal(18)
        worker.signal(9)
        _ = try worker.wait()
    }

    /// How many processes of this machine sleep for so many seconds.
    private static func sleepers(_ seconds: String) -> Int {
        let wanted = Array("sleep\0\(seconds)\0".utf8)
        let processes = ((try? Files.names(in: "/proc")) ?? []).filter { Int($0) != nil }
        return processes.filter { (try? Files.read("/proc/\($0)/cmdline")) == wanted }.count
    }
}

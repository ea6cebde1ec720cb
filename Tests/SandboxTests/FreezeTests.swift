import Linux
import Sandbox
import Testing

/// A frozen command stands still, all of it, and its clocks with it.
@Suite("Freeze")
struct FreezeTests {
    /// A command that counts in a file and has a daemon that counts in another.
    private final class Counting: Sendable {
        let folder = "\(Fixture.folder)/freeze-\(Random.bytes(4).hexadecimal)"
        let handle: Handle
        private let ended = Locked<Ending?>(nil)

        init(timeout: Duration, _ adjust: (inout Command) -> Void = { _ in }) throws {
            try Files.makeFolder(folder)
            try Files.changeMode(folder, 0o777)
            let count = "while :; do echo >> \(folder)/$NAME; done"
            let script = "(NAME=daemon setsid sh -c '\(count)' &); NAME=main; \(count)"
            let scratch = try Fixture.sandbox.makeScratch()
            var command = Command(["/bin/sh", "-c", script], in: scratch, timeout: timeout)
            command.environment = ["PATH=/usr/local/bin:/usr/bin:/bin"]
            command.grace = .seconds(60)
            adjust(&command)
            handle = Fixture.sandbox.start(command) { [ended] ending in ended.withLock { $0 = ending } }
        }

        var ending: Ending? { ended.withLock { $0 } }

        func count(_ name: String) -> Int { (try? Files.read("\(folder)/\(name)").count) ?? 0 }

        var counts: [Int] { [count("main"), count("daemon")] }

        /// Waits until both have counted further than that.
        func passes(_ counts: [Int]) async -> Bool {
            await Fixture.eventually { zip(self.counts, counts).allSatisfy { $0 > $1 } }
        }

        /// Waits until neither counts any more, and returns where they are.
        func stands() async -> [Int] {
            var last = counts
            var since = MonotonicTime.now
            _ = await Fixture.eventually {
                let now = counts
                if now != last { (last, since) = (now, .now) }
                return MonotonicTime.now - since > .milliseconds(150)
            }
            return last
        }
    }

    @Test("it stands still, daemons included, past its deadline, and goes on with what was left of it")
    func goesOn() async throws {
        let counting = try Counting(timeout: .seconds(3)) { $0.grace = .zero }
        #expect(await counting.passes([3, 3]))
        counting.handle.freeze()
        let start = MonotonicTime.now
        let counts = await counting.stands()
        #expect(await Fixture.eventually { MonotonicTime.now - start > .milliseconds(3_300) })
        #expect(counting.counts == counts)
        #expect(counting.ending == nil)
        counting.handle.thaw()
        #expect(await counting.passes(counts))
        #expect(await Fixture.eventually { counting.ending != nil })
        let ending = try #require(counting.ending)
        #expect(ending.outcome == .timeout(forced: true) || ending.outcome == .timeout(forced: false))
        #expect(ending.receipt.frozen > .seconds(2))
        // The deadline counts from the handing over, which on a busy machine is well before the start.
        #expect(ending.receipt.spawn + ending.receipt.run >= .seconds(3))
        #expect(ending.receipt.run < .seconds(6))
    }

    @Test("cancelled while frozen it is gone at once, whatever its grace")
    func cancelled() async throws {
        let counting = try Counting(timeout: .seconds(60))
        #expect(await counting.passes([1, 1]))
        counting.handle.freeze()
        counting.handle.cancel(grace: .seconds(60))
        #expect(await Fixture.eventually { counting.ending != nil })
        #expect(counting.ending?.outcome == .cancelled(forced: true))
        #expect(counting.ending?.status == .signalled(9))
    }

    @Test("killed while frozen it is gone at once")
    func killed() async throws {
        let counting = try Counting(timeout: .seconds(60))
        #expect(await counting.passes([1, 1]))
        counting.handle.freeze()
        counting.handle.kill()
        #expect(await Fixture.eventually { counting.ending != nil })
        #expect(counting.ending?.outcome == .cancelled(forced: true))
    }

    @Test("silence while frozen is no missed heartbeat")
    func heartbeat() async throws {
        let counting = try Counting(timeout: .seconds(60)) {
            $0.heartbeatTimeout = .seconds(2)
            $0.grace = .zero
        }
        counting.handle.freeze()  // at once: on a busy machine its first count may take longer than that
        let start = MonotonicTime.now
        #expect(await Fixture.eventually { MonotonicTime.now - start > .milliseconds(2_400) })
        #expect(counting.ending == nil)
        counting.handle.thaw()
        #expect(await Fixture.eventually { counting.ending != nil })
        #expect(counting.ending?.outcome == .heartbeatTimeout)
    }

    @Test("frozen in the moment of its start it begins to count when it is let go")
    func atTheStart() async throws {
        let counting = try Counting(timeout: .seconds(60))
        counting.handle.freeze()
        let counts = await counting.stands()
        counting.handle.thaw()
        #expect(await counting.passes(counts))
        counting.handle.kill()
        #expect(await Fixture.eventually { counting.ending != nil })
    }

    @Test("kill -9 of the worker leaves nothing of what is frozen")
    func deathOfTheWorker() async throws {
        let script = """
            setsid sleep 987603 & a=$!; sleep 987603 & b=$!
            until grep -q ^sleep /proc/$a/cmdline && grep -q ^sleep /proc/$b/cmdline; do :; done
            echo up >&2; wait
            """
        let probe = ProcessSpawn(
            path: try Fixture.product("SandboxProbe"),
            arguments: [
                "SandboxProbe", "freeze", "\(Fixture.folder)/frozen-worker", "600000", "/bin/sh", "-c",
                script,
            ],
            environment: ["PAWL_LAUNCHER=\(Fixture.launcher)"],
            descriptors: [(2, 0), (2, 2)]
        )
        let worker = try probe.start()
        #expect(await Fixture.eventually { Self.states("987603") == ["T", "T"] })
        worker.signal(9)
        let start = MonotonicTime.now
        #expect(await Fixture.eventually { Self.states("987603").isEmpty })
        #expect(MonotonicTime.now - start < .seconds(1))
        _ = try worker.wait()
    }

    /// The states of the processes of this machine that sleep for so many seconds, as /proc gives them.
    private static func states(_ seconds: String) -> [String] {
        let wanted = Array("sleep\0\(seconds)\0".utf8)
        let processes = ((try? Files.names(in: "/proc")) ?? []).filter { Int($0) != nil }
        return processes.compactMap { process in
            guard (try? Files.read("/proc/\(process)/cmdline")) == wanted,
                let bytes = try? Files.read("/proc/\(process)/stat")
            else { return nil }
            let text = String(decoding: bytes, as: UTF8.self)
            return text.split(separator: ")").last?.split(separator: " ").first.map(String.init)
        }
    }
}

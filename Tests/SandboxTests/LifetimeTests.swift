import Linux
import Sandbox
import Testing

/// A command is over when its processes are gone, and it has one end that tells how.
@Suite("Lifetime")
struct LifetimeTests {
    @Test("a program reads its input and its output is kept")
    func echoes() async throws {
        let ending = try await Fixture.shell("cat; echo heard >&2", stdin: "hello")
        #expect(ending.outcome == .exited(0))
        #expect(ending.text == "hello")
        #expect(ending.errorText == "heard\n")
    }

    @Test("one that ignores SIGTERM is killed when its grace is over")
    func ignoresTerm() async throws {
        let ending = try await Fixture.shell("trap '' TERM; while :; do :; done", timeout: .milliseconds(200))
        #expect(ending.outcome == .timeout(forced: true))
        #expect(ending.receipt.wall >= .milliseconds(500) && ending.receipt.run < .seconds(5))
    }

    @Test("one that heeds SIGTERM may say a last word")
    func heedsTerm() async throws {
        let script = "trap 'echo bye; exit 0' TERM; while :; do sleep 0.01; done"
        let ending = try await Fixture.shell(script, timeout: .milliseconds(200), grace: .seconds(5))
        #expect(ending.outcome == .timeout(forced: false))
        #expect(ending.text == "bye\n")
    }

    @Test("a daemon that forked twice into a session of its own dies with the program")
    func daemon() async throws {
        let ending = try await Fixture.shell("(setsid sleep 1000 </dev/null >/dev/null 2>&1 &) ; echo done")
        #expect(ending.outcome == .exited(0))
        #expect(ending.text == "done\n")
        #expect(ending.receipt.stragglers == 1)
    }

    @Test("a grandchild that holds stdout open does not delay the end")
    func heldOutput() async throws {
        let ending = try await Fixture.shell("sleep 1000 & echo done")
        #expect(ending.outcome == .exited(0))
        #expect(ending.text == "done\n")
        #expect(ending.receipt.run + ending.receipt.drain < .seconds(10))
    }

    @Test("one that stops itself is killed at its deadline")
    func stopsItself() async throws {
        let ending = try await Fixture.shell("kill -STOP $$", timeout: .milliseconds(200))
        #expect(ending.outcome == .timeout(forced: true) || ending.outcome == .timeout(forced: false))
    }

    @Test("exit 137 is an exit, a SIGKILL is a signal")
    func statusIsExact() async throws {
        #expect(try await Fixture.shell("exit 137").outcome == .exited(137))
        #expect(try await Fixture.shell("kill -KILL $$").outcome == .signalled(9))
        #expect(try await Fixture.shell("kill -SEGV $$").outcome == .signalled(11))
    }

    @Test("eight sessions of its own and a hang leave nothing")
    func manySessions() async throws {
        let script = "for i in 1 2 3 4 5 6 7 8; do (setsid sleep 1000 &); done; sleep 1000"
        let ending = try await Fixture.shell(script, timeout: .milliseconds(300))
        #expect(ending.outcome == .timeout(forced: false))
        #expect(ending.receipt.stragglers >= 8)
    }

    @Test("a script without a first line that names its interpreter is no program")
    func noShebang() async throws {
        let path = "\(Fixture.folder)/no-shebang-\(Random.bytes(3).hexadecimal)"
        try Files.write(path, Array("echo hello\n".utf8), mode: 0o755)
        #expect(try await Fixture.run([path]).outcome == .spawnFailed(errno: 8))
        try Files.changeMode(path, 0o644)
        #expect(try await Fixture.run([path]).outcome == .spawnFailed(errno: 13))
    }

    @Test("what cannot be executed says why")
    func cannotExecute() async throws {
        #expect(try await Fixture.run(["/no/such/program"]).outcome == .spawnFailed(errno: 2))
        #expect(try await Fixture.run(["/tmp"]).outcome == .spawnFailed(errno: 13))
        #expect(try await Fixture.run(["no-such-program"]).outcome == .spawnFailed(errno: 2))
    }
}

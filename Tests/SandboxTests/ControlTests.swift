import Linux
import Sandbox
import Testing

/// A running command can be asked to end, made to end, given more time, and watched for signs of life.
@Suite("Control")
struct ControlTests {
    /// Starts a shell script; when it has written its first line to stderr, `act` is called with its handle.
    private func run(
        _ script: String,
        _ adjust: (inout Command) -> Void = { _ in },
        act: @escaping @Sendable (Handle) -> Void
    ) async throws -> Ending {
        var command = Command(
            ["/bin/sh", "-c", script],
            in: try Fixture.sandbox.makeScratch(),
            timeout: .seconds(20)
        )
        command.environment = ["PATH=/usr/bin:/bin"]
        adjust(&command)
        let prepared = command
        let handle = Locked<Handle?>(nil)
        let events = Events(stderrLine: { _ in handle.withLock { $0 }.map(act) })
        return await withCheckedContinuation { continuation in
            handle.withLock { handle in
                handle = Fixture.sandbox.start(prepared, events: events) {
                    continuation.resume(returning: $0)
                }
            }
        }
    }

    @Test("a cancelled command may end in its own way within the grace")
    func cancel() async throws {
        let script = "trap 'echo bye; exit 0' TERM; echo up >&2; while :; do sleep 0.01; done"
        let ending = try await run(script) { $0.cancel(grace: .seconds(10)) }
        #expect(ending.outcome == .cancelled(forced: false))
        #expect(ending.text == "bye\n")
    }

    @Test("a cancelled command that does not heed is killed after the grace, with its daemons")
    func cancelForced() async throws {
        let script = "trap '' TERM; (setsid sleep 1000 &); echo up >&2; while :; do :; done"
        let ending = try await run(script) { $0.cancel(grace: .milliseconds(50)) }
        #expect(ending.outcome == .cancelled(forced: true))
    }

    @Test("a killed command ends at once, also in its grace")
    func kill() async throws {
        let script = "trap '' TERM; echo up >&2; while :; do :; done"
        let ending = try await run(script) {
            $0.cancel(grace: .seconds(15))
            $0.kill()
        }
        #expect(ending.outcome == .cancelled(forced: true))
        #expect(ending.receipt.run < .seconds(14))
    }

    @Test("a command that succeeds before the cancel arrives has succeeded")
    func cancelTooLate() async throws {
        let handle = Locked<Handle?>(nil)
        let command = Command(["/bin/true"], in: try Fixture.sandbox.makeScratch(), timeout: .seconds(20))
        let ending = await withCheckedContinuation { continuation in
            handle.withLock { handle in
                handle = Fixture.sandbox.start(command) { continuation.resume(returning: $0) }
            }
        }
        handle.withLock { $0 }?.cancel(grace: .zero)
        #expect(ending.outcome == .exited(0))
    }

    @Test("a command without a heartbeat in time is ended")
    func heartbeatTimeout() async throws {
        let ending = try await run("echo up >&2; sleep 100") {
            $0.heartbeatTimeout = .milliseconds(200)
        } act: {
            $0.heartbeat()
        }
        #expect(ending.outcome == .heartbeatTimeout)
    }

    @Test("heartbeats keep it alive")
    func heartbeat() async throws {
        let script = "for i in 1 2 3 4 5 6 7 8 9 10; do echo beat >&2; sleep 0.1; done"
        let ending = try await run(script) {
            $0.heartbeatTimeout = .milliseconds(900)
        } act: {
            $0.heartbeat()
        }
        #expect(ending.outcome == .exited(0))
    }

    @Test("a deadline can be moved, later or earlier")
    func extend() async throws {
        let longer = try await run("echo up >&2; sleep 2; echo done") {
            $0.timeout = .milliseconds(1_500)
        } act: {
            $0.extend(to: .now + .seconds(20))
        }
        #expect(longer.text == "done\n")
        let shorter = try await run("echo up >&2; exec sleep 15") { $0.extend(to: .now + .milliseconds(50)) }
        #expect(shorter.outcome == .timeout(forced: false))
    }
}

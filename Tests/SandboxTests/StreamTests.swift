import Linux
import Sandbox
import Testing

/// Whatever a program does to its streams, the host keeps its memory, its time and its promises.
@Suite("Streams")
struct StreamTests {
    @Test("a flood of stdout ends the program at the cap")
    func stdoutFlood() async throws {
        let ending = try await Fixture.shell("yes") { $0.limits.output = 1 << 20 }
        #expect(ending.outcome == .outputLimit)
        #expect(ending.stdout.count == 1 << 20)
        #expect(ending.receipt.run < .seconds(10))
    }

    @Test("output of exactly the cap is fine, one byte more is not", arguments: [0, 1])
    func capIsExact(excess: Int) async throws {
        let ending = try await Fixture.shell("head -c \(100_000 + excess) /dev/zero") {
            $0.limits.output = 100_000
        }
        #expect(ending.outcome == (excess == 0 ? .exited(0) : .outputLimit))
        #expect(ending.stdout.count == 100_000)
    }

    @Test("64 MB of stderr do not hurt a valid result, and its tail is kept")
    func stderrFlood() async throws {
        let ending = try await Fixture.shell("head -c 64000000 /dev/zero >&2; echo last >&2; echo result")
        #expect(ending.outcome == .exited(0))
        #expect(ending.text == "result\n")
        #expect(ending.stderrTail.count == 64 << 10)
        #expect(ending.errorText.hasSuffix("last\n"))
        #expect(ending.receipt.stderrBytes == 64_000_005)
    }

    @Test("input that is never read does no harm", arguments: [1_000, 100_000, 8 << 20])
    func unreadInput(size: Int) async throws {
        let ending = try await Fixture.shell("exec <&-; echo done") {
            $0.stdin = [UInt8](repeating: 0x78, count: size)
        }
        #expect(ending.outcome == .exited(0))
        #expect(ending.text == "done\n")
    }

    @Test("large input arrives whole", arguments: [65_536, 65_537, 300_000, 8 << 20])
    func largeInput(size: Int) async throws {
        let ending = try await Fixture.shell("wc -c") { $0.stdin = [UInt8](repeating: 0x78, count: size) }
        #expect(ending.text == "\(size)\n")
    }

    @Test("one that reads slowly meets its deadline")
    func slowReader() async throws {
        let script = "while head -c 1 >/dev/null; do sleep 0.05; done"
        let ending = try await Fixture.shell(script, timeout: .milliseconds(200)) {
            $0.stdin = [UInt8](repeating: 0x78, count: 1 << 20)
        }
        #expect(ending.outcome == .timeout(forced: false))
    }

    @Test("one that closes its output and hangs meets its deadline")
    func closedOutput() async throws {
        let ending = try await Fixture.shell("exec >&- 2>&-; sleep 1000", timeout: .milliseconds(200))
        #expect(ending.outcome == .timeout(forced: false))
    }

    @Test("one that prints a result and hangs has no success")
    func resultThenHang() async throws {
        let ending = try await Fixture.shell("echo '{}'; sleep 1000", timeout: .milliseconds(200))
        #expect(!ending.outcome.isSuccess)
        #expect(ending.text == "{}\n")
    }

    @Test("one that makes its pipes non-blocking does not disturb the host")
    func nonblockingPipes() async throws {
        let script = """
            import fcntl, os
            for fd in (0, 1, 2):
                fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
            os.write(1, b'x' * 1000)
            """
        let ending = try await Fixture.python(script)
        #expect(ending.outcome == .exited(0))
        #expect(ending.stdout.count == 1_000)
    }

    @Test("lines of stderr and of the control channel arrive one by one while the program runs")
    func lines() async throws {
        let heard = Locked<[String]>([])
        let events = Events(
            stderrLine: { line in heard.withLock { $0.append("2:" + String(decoding: line, as: UTF8.self)) }
            },
            controlLine: { line in heard.withLock { $0.append("3:" + String(decoding: line, as: UTF8.self)) }
            }
        )
        let ending = try await Fixture.shell(
            "printf 'a\\nb\\nrest' >&2; echo '{\"type\":\"heartbeat\"}' >&3",
            events: events
        ) {
            $0.hasControlChannel = true
        }
        #expect(ending.outcome == .exited(0))
        #expect(heard.withLock { $0.filter { $0.hasPrefix("2:") } } == ["2:a", "2:b", "2:rest"])
        #expect(heard.withLock { $0.filter { $0.hasPrefix("3:") } } == ["3:{\"type\":\"heartbeat\"}"])
    }

    @Test("a line of 30 MB is cut, one byte past the limit on the control channel")
    func longLine() async throws {
        let lengths = Locked<[Int]>([])
        let controls = Locked<[Int]>([])
        let events = Events(
            stderrLine: { line in lengths.withLock { $0.append(line.count) } },
            controlLine: { line in controls.withLock { $0.append(line.count) } }
        )
        let script = "head -c 30000000 /dev/zero >&2; head -c 1000000 /dev/zero >&3; echo >&3; echo ok >&3"
        _ = try await Fixture.shell(script, events: events) { $0.hasControlChannel = true }
        #expect(lengths.withLock { $0 } == [64 << 10])
        #expect(controls.withLock { $0 } == [64 << 10 + 1, 2])
    }

    @Test("without a control channel there is no descriptor 3")
    func noControlChannel() async throws {
        let ending = try await Fixture.shell("echo hello >&3")
        #expect(ending.outcome != .exited(0))
    }
}

import Linux
import Sandbox
import Testing

/// A limit that is asked for holds, and the ending says which one it was.
@Suite("Resources")
struct ResourceTests {
    @Test("a busy loop ends at its processor time")
    func cpuTime() async throws {
        let ending = try await Fixture.shell("while :; do :; done") { $0.limits.cpuTime = .seconds(1) }
        #expect(ending.outcome == .cpuLimit)
    }

    @Test("one that wants 2 GB of 64 MiB does not get them, and its parent cannot hide it")
    func memory() async throws {
        let script = """
            python3 -c 'x = bytearray(2 << 30)
            for i in range(0, len(x), 4096): x[i] = 1'
            echo survived; exit 0
            """
        let ending = try await Fixture.shell(script) { $0.limits.memory = 64 << 20 }
        let keptByGroup = ending.enforced.contains { $0.mechanism == "cgroup v1 memory" }
        #expect(ending.outcome == (keptByGroup ? .outOfMemory : .exited(0)))
    }

    @Test(
        "memory in files and shared mappings counts too",
        .enabled(if: Fixture.mechanism("memory") == "cgroup v1 memory"),
        arguments: [
            "import os; f = os.memfd_create('x')\nfor i in range(200): os.write(f, bytes(1 << 20))",
            "import mmap; m = mmap.mmap(-1, 200 << 20)\nfor i in range(0, 200 << 20, 4096): m[i] = 1",
        ]
    )
    func sharedMemory(script: String) async throws {
        let ending = try await Fixture.python(script) { $0.limits.memory = 64 << 20 }
        #expect(ending.outcome == .outOfMemory)
    }

    @Test("the slot of a program that ran out of memory serves the next one")
    func afterMemory() async throws {
        for _ in 0..<2 {
            let ending = try await Fixture.shell("echo fine") { $0.limits.memory = 64 << 20 }
            #expect(ending.outcome == .exited(0))
        }
    }

    @Test(
        "a fork bomb stays within its limit and others do not notice",
        .enabled(if: Fixture.keeps("processes"))
    )
    func forkBomb() async throws {
        let script = """
            import os, time
            count = 0
            try:
                while count < 1000:
                    if os.fork() == 0: time.sleep(100)
                    count += 1
            except OSError: pass
            print(count)
            """
        async let bomb = Fixture.python(script) { $0.limits.processes = 16 }
        async let other = Fixture.shell("for i in 1 2 3 4 5 6 7 8 9; do /bin/true; done; echo fine")
        #expect(try await other.text == "fine\n")
        let ending = try await bomb
        #expect(ending.outcome == .exited(0))
        #expect(ending.text == "15\n")
        #expect(ending.receipt.stragglers == 15)
    }

    @Test("threads count as processes", .enabled(if: Fixture.keeps("processes")))
    func threadBomb() async throws {
        let script = """
            import threading, time
            count = 0
            try:
                while count < 1000:
                    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
                    count += 1
            except RuntimeError: pass
            print(count, flush=True)
            """
        let ending = try await Fixture.python(script) { $0.limits.processes = 16 }
        #expect(ending.text == "15\n")
    }

    @Test("descriptors run out at the limit")
    func descriptors() async throws {
        let script = """
            import os
            count = 0
            try:
                while count < 1000: os.dup(0); count += 1
            except OSError as error: print(error.errno)
            """
        #expect(try await Fixture.python(script) { $0.limits.openFiles = 64 }.text == "24\n")
    }

    @Test("a file beyond its limit ends the program with SIGXFSZ")
    func fileSize() async throws {
        let ending = try await Fixture.shell("exec head -c 100000 /dev/zero >f") {
            $0.limits.fileSize = 10_000
        }
        #expect(ending.outcome == .signalled(25))
    }

    @Test("a crash leaves no core")
    func noCore() async throws {
        #expect(try await Fixture.shell("ulimit -c; ulimit -H -c").text == "0\n0\n")
    }

    @Test("memory cannot be locked beyond 64 KiB, nor limits raised", .enabled(if: !ThisProcess.isRoot))
    func lockedMemory() async throws {
        #expect(try await Fixture.shell("ulimit -H -l").text == "64\n")
        #expect(try await Fixture.shell("ulimit -c 100 || echo refused").text == "refused\n")
    }

    @Test("a program without the network finds none", .enabled(if: Fixture.keeps("network")))
    func noNetwork() async throws {
        let script = """
            import socket
            try: socket.create_connection(('127.0.0.1', 1), 1)
            except OSError as error: print(error.errno)
            """
        #expect(try await Fixture.python(script) { $0.limits.network = .none }.text == "101\n")
    }

    @Test("what the host cannot do is refused, not ignored")
    func refused() async throws {
        guard !Fixture.keeps("isolation") else { return }
        let ending = try await Fixture.shell("echo hello") { $0.limits.isolation = .strict }
        #expect(ending.outcome == .launcherFailed(stage: "strict isolation", errno: 95))
    }

    @Test("the receipt tells what was used")
    func receipt() async throws {
        let script = "x = bytearray(50 << 20)\nfor i in range(3000000): pass\nprint('done')"
        let ending = try await Fixture.python(script, stdin: "12345")
        #expect(ending.receipt.peakMemory > 50 << 20 && ending.receipt.peakMemory < 200 << 20)
        #expect(ending.receipt.user > .milliseconds(10))
        #expect(ending.receipt.stdinBytes == 5)
        #expect(ending.receipt.stdoutBytes == 5)
        #expect(ending.receipt.run > .zero && ending.receipt.spawn > .zero)
        #expect(ending.receipt.minorFaults > 1_000)
    }
}

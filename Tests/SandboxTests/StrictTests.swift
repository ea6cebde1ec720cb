import Linux
import Sandbox
import Testing

/// An untrusted program finds nothing of the host but the system's programs.
@Suite("Strict isolation", .enabled(if: Fixture.keeps("isolation")))
struct StrictTests {
    /// What a Python script prints under `strict`, or how it ended.
    private func strict(
        _ script: String,
        timeout: Duration = .seconds(60),
        _ adjust: (inout Command) -> Void = { _ in }
    ) async throws -> String {
        let ending = try await Fixture.python(script, timeout: timeout) {
            $0.limits.isolation = .strict
            $0.limits.network = .none
            adjust(&$0)
        }
        return ending.outcome == .exited(0) ? ending.text : "\(ending.outcome) \(ending.errorText)"
    }

    /// A script that tries one expression after another and prints the name of each error.
    private func attempts(_ expressions: [String], setUp: String = "") -> String {
        """
        import ctypes, errno, os, signal, socket, resource, time
        libc = ctypes.CDLL(None, use_errno=True)
        def call(*arguments):
            result = libc.syscall(*arguments)
            if result < 0: raise OSError(ctypes.get_errno(), '')
            return result
        \(setUp)
        for expression in \(expressions):
            try:
                exec(expression)
                print('done')
            except OSError as error: print(errno.errorcode[error.errno])
        """
    }

    private func outcome(_ expressions: [String], setUp: String = "") async throws -> [String] {
        let script = attempts(expressions, setUp: setUp)
        return try await strict(script).split(separator: "\n").map(String.init)
    }

    @Test("it runs, reads its input and has a folder of its own")
    func runs() async throws {
        let scratch = try Fixture.sandbox.makeScratch()
        let text = try await strict(
            "import os\nopen('f','w').write('x')\nprint(os.getcwd(), os.listdir('.'))"
        ) {
            $0.scratch = scratch
        }
        #expect(text == "\(scratch.path) ['f']\n")
    }

    @Test(
        "shell, Perl and Node run too",
        arguments: [["sh", "-c", "echo ok"], ["perl", "-e", "print qq(ok\\n)"]]
    )
    func interpreters(arguments: [String]) async throws {
        let ending = try await Fixture.run(arguments) { $0.limits.isolation = .strict }
        #expect(ending.text == "ok\n", "\(ending.outcome) \(ending.errorText)")
    }

    @Test("files laid down and granted can be read, and a program outside of the system be run")
    func granted() async throws {
        let granted = "\(Fixture.folder)/granted-\(Random.bytes(3).hexadecimal)"
        try Files.makeFolders(granted)
        try Files.write(granted + "/data", Array("data".utf8))
        try Files.write(granted + "/run", Array("#!/bin/sh\ncat \(granted)/data $1".utf8), mode: 0o755)
        let scratch = try Fixture.sandbox.makeScratch()
        let secret = try scratch.lay("credentials/key", Array(" secret".utf8))
        let ending = try await Fixture.run([granted + "/run", secret]) {
            $0.limits.isolation = .strict
            $0.scratch = scratch
            $0.readablePaths = [granted]
        }
        #expect(ending.text == "data secret", "\(ending.outcome) \(ending.errorText)")
    }

    @Test("it cannot change its own program")
    func ownProgram() async throws {
        let granted = "\(Fixture.folder)/own-\(Random.bytes(3).hexadecimal)"
        try Files.makeFolders(granted)
        try Files.write(
            granted + "/run",
            Array("#!/bin/sh\n(echo evil >$0) || rm $0 || echo kept".utf8),
            mode: 0o777
        )
        let ending = try await Fixture.run([granted + "/run"]) { $0.limits.isolation = .strict }
        #expect(ending.text == "kept\n", "\(ending.outcome) \(ending.errorText)")
        #expect(Files.exists(granted + "/run"))
    }

    @Test("what is kept of its folder can be read afterwards")
    func kept() async throws {
        let scratch = try Fixture.sandbox.makeScratch()
        _ = try await strict("open('artifact','w').write('kept')") {
            $0.scratch = scratch
            $0.keepsScratch = true
        }
        #expect(try Files.readPlanted(scratch.path + "/artifact", limit: 10) == Array("kept".utf8))
        Fixture.sandbox.discard(scratch)
    }

    @Test("what it leaves in its folders in memory can be read when they are gone, and nothing else")
    func leftInMemory() async throws {
        let scratch = try Fixture.sandbox.makeScratch()
        try scratch.layFolder(Scratch.artifacts)
        let script = "echo work >f; ln -s /etc/passwd link; mkfifo pipe; echo art >$OUT/g; ls $OUT/.."
        let ending = try await Fixture.shell(script) {
            $0.limits.isolation = .strict
            $0.scratch = scratch
            $0.environment.append("OUT=\(scratch.artifactsPath)")
        }
        #expect(ending.text == "artifacts\n", "\(ending.errorText)")
        let folders = scratch.ownFolders
        try #require(folders.count == 2)
        #expect(try folders[0].file("f").readToEnd(limit: 10) == Array("work\n".utf8))
        let path = "\(scratch.artifactsPath)/g"
        #expect(try folders[1].file(path).readToEnd(limit: 10) == Array("art\n".utf8))
        for name in ["link", "pipe", "../f", "/etc/passwd"] {
            #expect(throws: LinuxError.self) { _ = try folders[0].file(name) }
        }
    }

    @Test("the folder for its artifacts has a limit too, and with files laid down in it none to write to")
    func artifactsFolder() async throws {
        let scratch = try Fixture.sandbox.makeScratch()
        try scratch.layFolder(Scratch.artifacts)
        let full = try await Fixture.shell("head -c 3000000 /dev/zero >\(scratch.artifactsPath)/f || exit 7")
        {
            $0.limits.isolation = .strict
            $0.limits.disk = 1 << 20
            $0.scratch = scratch
        }
        #expect(full.outcome == .exited(7))
        let other = try Fixture.sandbox.makeScratch()
        try other.layFolder(Scratch.artifacts)
        try other.lay("\(Scratch.artifacts)/given", Array("given".utf8))
        let read = try await Fixture.shell("cat $OUT/given; : >$OUT/f || exit 7") {
            $0.limits.isolation = .strict
            $0.scratch = other
            $0.environment.append("OUT=\(other.artifactsPath)")
        }
        #expect(read.text == "given")
        #expect(read.outcome != .exited(0))
    }

    @Test("it cannot write outside of its folders, nor read what is not the system's")
    func files() async throws {
        let seen = try await outcome([
            "open('/etc/x','w')", "open('/usr/x','w')", "open('/x','w')",
            "open('/proc/sys/kernel/hostname','w')",
            "open('/etc/shadow')", "os.listdir('/root')", "os.listdir('/home')", "os.listdir('/var')",
            "open('/dev/mem')", "open('/dev/shm/x','w')", "open('/dev/tty')", "open('/tmp/x','w')",
            "open('x','w')",
            "os.chmod('/usr/bin/python3', 0o777)", "os.mknod('/tmp/node', 0o020666, 0x103)",
        ])
        let denied: Set = ["EROFS", "EACCES", "ENOENT", "EPERM", "ENXIO"]
        #expect(seen.count == 15, "\(seen)")
        #expect(
            seen.enumerated().allSatisfy { [11, 12].contains($0) ? $1 == "done" : denied.contains($1) },
            "\(seen)"
        )
    }

    @Test("its two folders have a limit", arguments: ["/tmp/f", "f"])
    func disk(path: String) async throws {
        let script = """
            try:
                with open('\(path)', 'wb') as file:
                    for i in range(100): file.write(b'x' * (1 << 20))
            except OSError as error: print(error.errno)
            """
        #expect(try await strict(script) { $0.limits.disk = 16 << 20 } == "28\n")
    }

    @Test("it cannot mount, change root or make namespaces")
    func namespaces() async throws {
        let seen = try await outcome([
            "call(165, 0, 0, 0, 0, 0)", "os.chroot('.')", "call(272, 0x10000000)", "call(308, 0, 0)",
            "call(56, 0x10000000 | 17, 0, 0, 0, 0)", "call(435, 0, 0)", "call(155, 0, 0)",
            "call(428, 0, 0, 0)",
        ])
        #expect(seen == ["EPERM", "EPERM", "EPERM", "EPERM", "EPERM", "ENOSYS", "EPERM", "EPERM"])
    }

    @Test("it cannot use the kernel's larger surfaces, nor set the clock")
    func kernel() async throws {
        let numbers = [425, 321, 250, 323, 298, 101, 310, 246, 304, 103, 227, 169]
        let seen = try await outcome(numbers.map { "call(\($0), 0, 0, 0, 0, 0)" })
        #expect(seen == numbers.map { _ in "EPERM" })
    }

    @Test("system calls by the x32 numbers do not exist")
    func x32() async throws {
        #expect(try await outcome(["call(0x40000000 | 39)"]) == ["ENOSYS"])
    }

    @Test("a 32-bit system call kills it")
    func int80() async throws {
        let source =
            "int main(void) { int r; __asm__ volatile(\"int $0x80\" : \"=a\"(r) : \"a\"(20)); return 0; }"
        let program = try Fixture.compile("int80", source)
        let ending = try await Fixture.run([program]) { $0.limits.isolation = .strict }
        #expect(ending.outcome == .signalled(31))
    }

    @Test("without the network there are no sockets but its own unix ones")
    func sockets() async throws {
        let families = [2, 10, 16, 17, 40, 38]
        let seen = try await outcome(families.map { "call(41, \($0), 1, 0)" } + ["call(41, 1, 1, 0)"])
        #expect(seen == families.map { _ in "EACCES" } + ["done"])
    }

    @Test("the host's unix sockets cannot be reached, by path or abstract name")
    func unixSockets() async throws {
        let name = "pawl-test-\(ThisProcess.id)"
        let script =
            "import socket, time; s = socket.socket(1); s.bind(chr(0) + '\(name)'); s.listen()\n"
            + "print('up', flush=True, file=__import__('sys').stderr); time.sleep(60)"
        let up = Flag()
        let listener = Command(
            ["/usr/bin/python3", "-c", script],
            in: try Fixture.sandbox.makeScratch(),
            timeout: .seconds(60)
        )
        let ended = Flag()
        let handle = Fixture.sandbox.start(listener, events: Events(stderrLine: { _ in up.raise() })) { _ in
            ended.raise()
        }
        #expect(await Fixture.eventually { up.isRaised })
        let seen = try await outcome([
            "socket.socket(1).connect(chr(0) + '\(name)')",
            "socket.socket(1).connect('/run/postgresql/.s.PGSQL.5432')",
        ])
        #expect(seen == ["EPERM", "ENOENT"])
        handle.kill()
        #expect(await Fixture.eventually { ended.isRaised })
    }

    @Test("with the network granted it has internet sockets and nothing more")
    func network() async throws {
        let script = attempts([
            "call(41, 2, 1, 0)", "call(41, 10, 2, 0)", "call(41, 17, 3, 0)", "call(41, 40, 1, 0)",
        ])
        let text = try await strict(script) { $0.limits.network = .host }
        #expect(text == "done\ndone\nEACCES\nEACCES\n")
    }

    @Test("it cannot trace, read or limit its supervisor, nor see others")
    func otherProcesses() async throws {
        let seen = try await outcome([
            "call(101, 16, 1, 0, 0)", "call(310, 1, 0, 0, 0, 0, 0)",
            "resource.prlimit(1, resource.RLIMIT_NOFILE, (1, 1))", "open('/proc/1/environ').read()",
            "os.kill(\(ThisProcess.id), 9)",
        ])
        #expect(seen.prefix(3) == ["EPERM", "EPERM", "EPERM"])
        #expect(seen.count == 5 && seen[3] != "done" && seen[4] != "done", "\(seen)")
        let listing = try await strict(
            "import os; print(len([p for p in os.listdir('/proc') if p.isdigit()]))"
        )
        #expect(["1\n", "2\n"].contains(listing))
    }

    @Test("it has no capabilities and gains none")
    func capabilities() async throws {
        let script =
            "print([l.split()[1] for l in open('/proc/self/status')"
            + " if l.startswith(('CapEff','CapPrm','NoNew','Seccomp:'))])"
        let zeros = String(repeating: "0", count: 16)
        #expect(try await strict(script) == "['\(zeros)', '\(zeros)', '1', '2']\n")
        #expect(
            try await strict("import os; print(os.getuid() != 0 and os.getuid() == os.geteuid())") == "True\n"
        )
    }

    @Test("shared memory is gone with it")
    func sharedMemory() async throws {
        let make = "import ctypes; print(ctypes.CDLL(None).shmget(0x5041574C, 4096, 0o1666) >= 0)"
        let find = "import ctypes; print(ctypes.CDLL(None).shmget(0x5041574C, 4096, 0) >= 0)"
        #expect(try await strict(make) == "True\n")
        #expect(try await strict(find) == "False\n")
    }

    @Test("it cannot raise its priority, lock memory or keep its process alive")
    func resources() async throws {
        let seen = try await outcome(
            ["os.nice(-5)", "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))"],
            setUp: "import os"
        )
        #expect(seen == ["EPERM", "EPERM"] || seen == ["EACCES", "EPERM"])
        let ending = try await Fixture.shell("(setsid sleep 1000 &) ; echo done") {
            $0.limits.isolation = .strict
        }
        #expect(ending.text == "done\n")
        #expect(ending.receipt.stragglers == 1)
    }

    @Test("deadline, output and memory limits hold as in standard isolation")
    func limits() async throws {
        let late = try await Fixture.shell("trap '' TERM; while :; do :; done", timeout: .milliseconds(200)) {
            $0.limits.isolation = .strict
        }
        #expect(late.outcome == .timeout(forced: true))
        let flood = try await Fixture.shell("yes") {
            $0.limits.isolation = .strict
            $0.limits.output = 10_000
        }
        #expect(flood.outcome == .outputLimit)
        #expect(
            try await Fixture.run(["/no/such"]) { $0.limits.isolation = .strict }.outcome
                == .spawnFailed(errno: 2)
        )
    }
}

/// A flag that one thread raises and others look at.
private final class Flag: Sendable {
    private let raised = Locked(false)

    var isRaised: Bool { raised.withLock { $0 } }

    func raise() { raised.withLock { $0 = true } }
}

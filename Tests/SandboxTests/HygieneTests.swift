import Linux
import Sandbox
import Testing

/// A program gets what its command says, and nothing else.
@Suite("Hygiene")
struct HygieneTests {
    @Test("the environment is the one given")
    func environment() async throws {
        let ending = try await Fixture.run(["/usr/bin/env"]) { $0.environment = ["A=1", "B=two words"] }
        #expect(ending.text == "A=1\nB=two words\n")
    }

    @Test("only descriptors 0, 1 and 2 are open")
    func descriptors() async throws {
        let ending = try await Fixture.run(["/bin/ls", "/proc/self/fd"])
        #expect(ending.text == "0\n1\n2\n3\n", "3 is the folder that ls reads")
    }

    @Test("the program leads a session of its own, with all signals at their defaults")
    func signals() async throws {
        let script = """
            import os
            print(os.getsid(0) == os.getpid() == os.getpgid(0))
            print([line for line in open('/proc/self/status') if line.startswith(('SigBlk', 'SigIgn'))])
            """
        let zeros = String(repeating: "0", count: 16)
        // Python itself ignores SIGPIPE and SIGXFSZ.
        let ignored = "0000000001001000"
        let expected = "True\n['SigBlk:\\t\(zeros)\\n', 'SigIgn:\\t\(ignored)\\n']\n"
        #expect(try await Fixture.python(script).text == expected)
    }

    @Test("nobody gains privileges by a set-user-id program")
    func noNewPrivileges() async throws {
        let ending = try await Fixture.shell("grep NoNewPrivs /proc/self/status")
        #expect(ending.text == "NoNewPrivs:\t1\n")
    }

    @Test("the folder is private, empty, and gone afterwards")
    func scratch() async throws {
        let scratch = try Fixture.sandbox.makeScratch()
        let ending = try await Fixture.shell("pwd; ls -A; stat -c %a .; echo x >left; mkdir -p a/b/c") {
            $0.scratch = scratch
        }
        #expect(ending.text == "\(scratch.path)\n700\n")
        #expect(await Fixture.eventually { !Files.exists(scratch.path) })
    }

    @Test("a folder that was touched is not given to the next program")
    func scratchIsNotShared() async throws {
        for script in ["echo x >secret", "echo x >secret; rm secret", "chmod 755 .", "touch -d 1970-01-01 ."]
        {
            let scratch = try Fixture.sandbox.makeScratch()
            _ = try await Fixture.shell(script) { $0.scratch = scratch }
            #expect(await Fixture.eventually { !Files.exists(scratch.path) }, "\(script)")
        }
    }

    @Test("files laid down are readable by the program, and gone afterwards")
    func files() async throws {
        let scratch = try Fixture.sandbox.makeScratch()
        let path = try scratch.lay("credentials/key", Array("secret".utf8))
        let ending = try await Fixture.run(["/bin/cat", path]) { $0.scratch = scratch }
        #expect(ending.text == "secret")
        #expect(await Fixture.eventually { !Files.exists(scratch.filesPath) })
    }

    @Test("a scratch folder that is kept can be read until it is discarded")
    func keptScratch() async throws {
        let scratch = try Fixture.sandbox.makeScratch()
        _ = try await Fixture.shell("echo kept >file") {
            $0.scratch = scratch
            $0.keepsScratch = true
        }
        #expect(try Files.readPlanted("\(scratch.path)/file", limit: 100) == Array("kept\n".utf8))
        Fixture.sandbox.discard(scratch)
        #expect(await Fixture.eventually { !Files.exists(scratch.path) })
    }

    @Test("a program sees its own number in /proc and no other program", .enabled(if: exact))
    func ownProcesses() async throws {
        let ending = try await Fixture.shell(
            "readlink /proc/self >/dev/null; kill -0 \(ThisProcess.id) || echo none"
        )
        #expect(ending.text == "none\n")
    }

    @Test("kill(-1) reaches its own tree only", .enabled(if: exact))
    func killAll() async throws {
        async let bystander = Fixture.shell("sleep 0.5; echo unharmed")
        let ending = try await Fixture.shell("sleep 100 & kill -KILL -1; wait; echo alone")
        #expect(ending.text == "alone\n")
        #expect(try await bystander.text == "unharmed\n")
    }

    @Test("killing process 1 of its world does nothing", .enabled(if: exact))
    func killSupervisor() async throws {
        let ending = try await Fixture.shell("kill -KILL 1; kill -TERM 1; kill -STOP 1; echo alive")
        #expect(ending.text == "alive\n")
    }

    @Test("what one program mounts, the next one does not find", .enabled(if: exact && ThisProcess.isRoot))
    func mounts() async throws {
        let mount = try await Fixture.shell("mount -t tmpfs x /mnt && touch /mnt/mine && echo mounted")
        for _ in 0..<40 {
            #expect(try await Fixture.shell("[ -e /mnt/mine ] || echo nothing").text == "nothing\n")
        }
        #expect(mount.text == "mounted\n" || mount.outcome != .exited(0))
        #expect(!Files.exists("/mnt/mine"))
    }

    @Test("arguments and environment beyond 120 KiB, or with a NUL, are refused", arguments: [200_000, 0])
    func tooLarge(size: Int) async throws {
        let argument = size == 0 ? "a\0b" : String(repeating: "x", count: size)
        #expect(try await Fixture.run(["/bin/echo", argument]).outcome == .spawnFailed(errno: 7))
    }

    @Test("100 KB of environment arrive whole")
    func largeEnvironment() async throws {
        let ending = try await Fixture.run(["/usr/bin/env"]) {
            $0.environment = ["A=" + String(repeating: "x", count: 100_000)]
        }
        #expect(ending.stdout.count == 100_003)
    }

    @Test("a program without a slash is found in the PATH of its environment")
    func path() async throws {
        let ending = try await Fixture.run(["echo", "found"]) {
            $0.environment = ["PATH=/nowhere::/usr/bin:/bin"]
        }
        #expect(ending.text == "found\n")
    }

    private static let exact = Fixture.sandbox.capabilities.contains {
        $0.limit == "kill_tree" && $0.mechanism != "subreaper"
    }
}

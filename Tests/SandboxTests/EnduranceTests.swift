import Linux
import Sandbox
import TestSupport
import Testing

/// After many commands the host is as it was before.
@Suite("Endurance")
struct EnduranceTests {
    @Test(
        "500 commands, four at once, leave descriptors, processes and folders as before",
        arguments: ["exit 0", "(setsid sleep 100 &); echo x >f; mkfifo p; head -c 200000 /dev/zero"]
    )
    func nothingIsLeft(script: String) async throws {
        let folder = "\(Fixture.folder)/endurance-\(Random.bytes(3).hexadecimal)"
        let arguments = ["standard", folder, "500", "4", "/bin/sh", "-c", script]
        #expect(try await probe(arguments) == .exited(0))
        #expect(try Files.names(in: folder).isEmpty)
    }

    @Test("5,000 commands in a row leave descriptors, processes and folders as before")
    func inARow() async throws {
        let folder = "\(Fixture.folder)/in-a-row"
        #expect(try await probe(["standard", folder, "5000", "1", "/bin/true"]) == .exited(0))
    }

    @Test("64 commands at once run with as few descriptors as there are", .timeLimit(.minutes(1)))
    func manyAtOnce() async throws {
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<64 {
                group.addTask { try await Fixture.shell("sleep 0.05; echo done").text }
            }
            for try await text in group { #expect(text == "done\n") }
        }
    }

    @Test("64 at once in a worker that may open 256 files run all the same")
    func fewDescriptors() async throws {
        let folder = "\(Fixture.folder)/few"
        let arguments = ["standard", folder, "300", "64", "/bin/true"]
        #expect(try await probe(arguments, wrap: ["/usr/bin/prlimit", "--nofile=256"]) == .exited(0))
    }

    /// Runs a process that uses the sandbox and checks what it holds.
    private func probe(_ arguments: [String], wrap: [String] = []) async throws -> Child.Status {
        let command = wrap + [try Fixture.product("SandboxProbe")] + arguments
        let spawn = ProcessSpawn(
            path: command[0],
            arguments: command,
            environment: ["PAWL_LAUNCHER=\(Fixture.launcher)"],
            descriptors: [(2, 0), (2, 1), (2, 2)]
        )
        return try await onOwnThread { try spawn.start().wait().0 }
    }

    @Test("close ends what runs, and everything of it")
    func close() async throws {
        let sandbox = Fixture.makeSandbox(folder: "closing")
        let ended = BlockingQueue<Ending>()
        var command = Command(
            ["/bin/sh", "-c", "sleep 100"],
            in: try sandbox.makeScratch(),
            timeout: .seconds(60)
        )
        command.environment = ["PATH=/bin"]
        sandbox.start(command) { ended.push($0) }
        sandbox.close()
        if case .cancelled = ended.pop()?.outcome {} else { Issue.record("the command was not cancelled") }
        #expect(((try? Files.names(in: "\(Fixture.folder)/closing")) ?? ["unread"]).isEmpty)
    }

    @Test("the folder in memory for what is laid down is our own, not one that was there before")
    func memoryFolder() async throws {
        let scratch = try Fixture.sandbox.makeScratch()
        try scratch.lay("key", Array("secret".utf8))
        let parts = scratch.filesPath.split(separator: "/")
        if parts.prefix(2) == ["dev", "shm"] {
            #expect(parts.count == 4, "one folder of ours, one a command")
        }
        Fixture.sandbox.discard(scratch)
        #expect(await Fixture.eventually { !Files.exists(scratch.filesPath) })
    }

    @Test("a deep tree that a command leaves holds up neither the next command nor the end")
    func deepTree() async throws {
        let sandbox = Fixture.makeSandbox(folder: "deep")
        let script = """
            python3 -c 'import os
            for i in range(2000): open("f%d" % i, "w").close()
            for i in range(2000): os.mkdir("d"); os.chdir("d")'
            """
        let scratch = try sandbox.makeScratch()
        let first = try await Fixture.shell(script, in: sandbox) { $0.scratch = scratch }
        #expect(first.outcome == .exited(0))
        let start = MonotonicTime.now
        let next = try await Fixture.shell("echo next", in: sandbox)
        let wasThere = Files.exists(scratch.path)
        #expect(next.text == "next\n")
        #expect(wasThere || MonotonicTime.now - start < .seconds(1))
        let end = MonotonicTime.now
        sandbox.close()
        #expect(MonotonicTime.now - end < .seconds(10))
    }

    @Test("the scratch folders of a worker that was killed are removed by the next one")
    func sweep() async throws {
        let base = "\(Fixture.folder)/swept"
        try Files.makeFolders("\(base)/1-dead/7")
        try Files.write("\(base)/1-dead.lock", [])
        let inMemory = "/dev/shm/pawl-\(Int32.max)-dead"
        try? Files.makeFolders(inMemory + "/7")
        Fixture.makeSandbox(folder: "swept").close()
        #expect(await Fixture.eventually { !Files.exists(inMemory) })
        #expect(await Fixture.eventually { (try? Files.names(in: base).isEmpty) ?? false })
    }
}

import Linux
import Testing

@testable import Sandbox

/// A program may leave anything in its folder; it is read with care, and removed.
@Suite("Planted files")
struct PlantedTests {
    @Test(
        "what is no plain file of the folder is not read, and nobody waits for it",
        arguments: ["ln -s /etc/passwd planted", "mkfifo planted", "mkdir planted", "ln -s . planted"]
    )
    func notRead(script: String) async throws {
        let scratch = try await keptScratch(script)
        #expect(throws: LinuxError.self) { try Files.readPlanted("\(scratch.path)/planted", limit: 10) }
        try await discard(scratch)
    }

    @Test("a sparse file of 1 TB is beyond the limit before a byte of it is read")
    func sparse() async throws {
        let scratch = try await keptScratch("truncate -s 1T planted || truncate -s 1G planted")
        #expect(throws: LinuxError.self) { try Files.readPlanted("\(scratch.path)/planted", limit: 1 << 20) }
        try await discard(scratch)
    }

    @Test(
        "whatever is left in the folder is removed",
        arguments: [
            "python3 -c 'import os\nfor i in range(1000): os.mkdir(\"d\"); os.chdir(\"d\")'",
            "mkdir closed; touch closed/x; chmod 000 closed",
            "python3 -c 'open(b\"\\xff\\xfe\\n \", \"w\"); open(\"a\\nb\", \"w\")'",
            "touch file; ln file other; chmod 000 file",
        ]
    )
    func removed(script: String) async throws {
        let scratch = try Fixture.sandbox.makeScratch()
        let ending = try await Fixture.shell(script) { $0.scratch = scratch }
        #expect(ending.outcome == .exited(0))
        #expect(await Fixture.eventually { !Files.exists(scratch.path) })
    }

    @Test("a hard link to another folder's file takes nothing from it when it is removed")
    func hardLink() async throws {
        let path = "\(Fixture.folder)/linked-\(ThisProcess.id)"
        try Files.write(path, Array("kept".utf8))
        let scratch = try Fixture.sandbox.makeScratch()
        _ = try await Fixture.shell("ln '\(path)' planted") { $0.scratch = scratch }
        #expect(await Fixture.eventually { !Files.exists(scratch.path) })
        #expect(try Files.read(path) == Array("kept".utf8))
    }

    @Test("a program that closes its stdin has 8 MB of input and no harm")
    func closedInput() async throws {
        let input = String(repeating: "x", count: 8 << 20)
        let ending = try await Fixture.shell("exec 0<&-; sleep 0.05; echo ok", stdin: input)
        #expect(ending.text == "ok\n")
    }

    private func keptScratch(_ script: String) async throws -> Scratch {
        let scratch = try Fixture.sandbox.makeScratch()
        let ending = try await Fixture.shell(script) {
            $0.scratch = scratch
            $0.keepsScratch = true
        }
        #expect(ending.outcome == .exited(0), "\(ending)")
        return scratch
    }

    private func discard(_ scratch: Scratch) async throws {
        Fixture.sandbox.discard(scratch)
        #expect(await Fixture.eventually { !Files.exists(scratch.path) })
    }
}

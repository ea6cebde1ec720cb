import Linux
import Testing

@testable import Sandbox

@Suite("Files laid down for one command after another")
struct LaidFilesTests {
    /// Files as a step has them, sealed as for a start.
    private func laid(_ name: String) throws -> LaidFiles {
        let files = LaidFiles(in: "\(Fixture.folder)/laid-\(name)")
        try files.lay("context.json", Array("{\"run\":\"the first one\"}".utf8), mode: 0o400)
        try files.layFolder("artifacts")
        files.seal()
        return files
    }

    private func stamp(_ files: LaidFiles, _ name: String) -> Files.Stamp? {
        Files.stamp("\(files.path)/\(name)")
    }

    @Test("what a command left alone is written over for the next one")
    func reuse() throws {
        let first = try laid("reuse")
        let folder = stamp(first, "artifacts")
        let next = first.reclaimed()
        try next.lay("context.json", Array("{}".utf8), mode: 0o400)
        try next.layFolder("artifacts")
        next.seal()
        #expect(stamp(next, "artifacts") == folder, "the folder is the same one")
        #expect(try Files.read("\(next.path)/context.json") == Array("{}".utf8), "all of it is new")
        #expect(try Files.names(in: next.path) == ["artifacts", "context.json"])
    }

    @Test("what only the command before was given is gone")
    func leftOver() throws {
        let first = try laid("left-over")
        try first.lay("script", Array("exit 1".utf8), mode: 0o400)
        first.seal()
        let next = first.reclaimed()
        try next.lay("context.json", Array("{}".utf8), mode: 0o400)
        next.seal()
        #expect(try Files.names(in: next.path) == ["context.json"])
    }

    @Test("a secret is never kept")
    func secret() throws {
        let first = try laid("secret")
        try first.lay("credentials/key", Array("secret".utf8), mode: 0o400)
        first.seal()
        #expect(first.reclaimed().isEmpty)
        #expect(!Files.exists(first.path))
    }

    @Test(
        "what a command has touched is made anew",
        arguments: [
            "echo x >artifacts/x", "echo x >artifacts/x; rm artifacts/x", "mv context.json other",
            "rm context.json", "ln context.json other", "chmod 644 context.json", "chmod 755 artifacts",
            "cp context.json new; mv -f new context.json", "rmdir artifacts; ln -s / artifacts",
            "echo x >more",
        ]
    )
    func touched(_ script: String) async throws {
        let first = try laid("touched")
        _ = try await Fixture.shell("cd '\(first.path)'; \(script)")
        #expect(first.reclaimed().isEmpty, "\(script)")
        #expect(!Files.exists(first.path), "\(script)")
    }

    @Test("a command that never started leaves nothing")
    func unsealed() throws {
        let files = LaidFiles(in: "\(Fixture.folder)/laid-unsealed")
        try files.lay("context.json", [], mode: 0o400)
        #expect(files.reclaimed().isEmpty)
        #expect(!Files.exists(files.path))
    }
}

import Linux
import TestSupport
import Testing

/// The same promises under less favourable conditions: these run the suites of this module again.
@Suite("Other hosts", .enabled(if: ThisProcess.isRoot && ThisProcess.environment("PAWL_TEST_WORLD") == nil))
struct OtherHostsTests {
    @Test("an ordinary user gets the same")
    func ordinaryUser() async throws {
        try await runAgain(
            "Lifetime|Stream|Resource|Hygiene|Supervisor|Capability|Strict|WorkerDeath|Planted|Freeze",
            world: "user and pid namespace"
        ) { Self.asNobody + $0 }
    }

    @Test("root within a user namespace gets the same")
    func rootInUserNamespace() async throws {
        try await runAgain("Lifetime|Hygiene|Supervisor", world: "user and pid namespace") { $0 }
    }

    @Test("where there are no namespaces, every process of a command still ends")
    func noNamespaces() async throws {
        try await runAgain(
            "Lifetime|Stream|Supervisor|Freeze/(goesOn|cancelled|killed|heartbeat)",
            world: "subreaper"
        ) { $0 }
    }

    @Test("where there are no namespaces, an ordinary user's programs leave their supervisor alone")
    func ordinaryUserWithoutNamespaces() async throws {
        try await runAgain("Lifetime|Supervisor", world: "subreaper") { Self.asNobody + $0 }
    }

    private static let asNobody = [
        "/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
    ]

    /// Runs some suites in another process, whose executables are copied to where every user finds them.
    private func runAgain(_ suites: String, world: String, _ wrap: ([String]) -> [String]) async throws {
        let folder = "\(Fixture.folder)/again-\(Random.bytes(4).hexadecimal)"
        try Files.makeFolder(folder)
        defer { try? Files.removeTree(folder) }
        let tests = try ThisProcess.executablePath()
        let probe = try Fixture.product("SandboxProbe")
        try Fixture.call(["/bin/cp", tests, probe, Fixture.launcher, folder])
        let name = tests.split(separator: "/").last.map(String.init) ?? ""
        let command = [
            "\(folder)/\(name)", "--testing-library", "swift-testing", "--filter", "SandboxTests.(\(suites))",
        ]
        let spawn = ProcessSpawn(
            path: "/usr/bin/env",
            arguments: ["env"] + wrap(command),
            environment: [
                "PATH=/usr/bin:/bin", "PAWL_TEST_WORLD=\(world)", "PAWL_LAUNCHER=\(folder)/pawl-launch",
            ],
            descriptors: [(2, 0), (2, 1), (2, 2)]
        )
        let (status, _) = try await onOwnThread { try spawn.start().wait() }
        #expect(status == .exited(0))
    }
}

import JSON
import Linux
import TestSupport
import Testing

/// One `pawl dev` for all tests of this process that only use its API.
enum APIFixture {
    /// Runs a test against the shared server, on a thread of its own.
    static func serve(_ body: @escaping @Sendable (PawlAPI) throws -> Void) async throws {
        try await onOwnThread { try body(shared.get()) }
    }

    /// Where plugins of the examples and of the tests are.
    static let pluginPath =
        [
            "plugins", "examples/hello/plugins", "examples/order-fulfilment/plugins", "examples/etl/plugins",
            "Tests/Fixtures/staged",
        ]
        .map { "\(TestPrograms.repository)/\($0)" }.joined(separator: ":") + ":\(ownPlugins)"

    /// A folder whose plugins a test writes itself.
    static let ownPlugins = "/tmp/pawl-api-plugins-\(ThisProcess.id)"

    /// A folder with the secret of the examples.
    private static func secrets() throws -> String {
        let folder = "\(try TestServers.folder())/secrets"
        try Files.makeFolder(folder)
        try Files.write("\(folder)/EXAMPLE_SECRET", Array("hello".utf8))
        return folder
    }

    private static let shared = Result {
        try Files.makeFolders(ownPlugins)
        let process = try PawlProcess(
            ["dev", "--port", "0", "--data", "\(try TestServers.folder())/dev"],
            environment: [
                "PAWL_SLOTS": "16", "PAWL_PLUGIN_PATH": pluginPath, "PAWL_SECRETS_DIR": try secrets(),
            ]
        )
        TestServers.atEnd {
            _ = try? process.stop()
            try? Files.removeTree(ownPlugins)
        }
        return PawlAPI(try process.ready())
    }
}

/// A workflow of one script, for tests that are not about what a run does.
func script(_ name: String, _ run: String = "echo done") -> String {
    """
    name: \(name)
    steps:
      - id: only
        run: \(run)
    """
}

import JSON
import Linux
import TestSupport

/// A server of `Tests/Fixtures/servers` on a port of its own, for the length of a test.
final class LocalServer {
    private let child: Child
    /// Where it keeps what it was sent.
    let folder: String
    let port: Int64

    /// Starts it and waits until it takes connections.
    init(_ name: String) throws {
        let folder = try TestServers.folder()
        let spawn = ProcessSpawn(
            path: "\(Prompt.root)/Tests/Fixtures/servers/\(name).py",
            arguments: [name, folder],
            environment: ["PATH=\(ThisProcess.environment("PATH") ?? "")"],
            descriptors: [(2, 1), (2, 2)]
        )
        let child = try spawn.start()
        do {
            try eventually("the server \(name) is up") { Files.exists("\(folder)/port") }
            port = try JSONValue.parse(Files.read("\(folder)/port")).integerValue ?? 0
        } catch {
            child.signal(9)
            throw error
        }
        self.folder = folder
        self.child = child
    }

    deinit { child.signal(9) }

    func url(_ path: String) -> JSONValue { .string("http://127.0.0.1:\(port)\(path)") }

    /// The letters that a mail server took.
    func letters() throws -> [JSONValue] {
        guard Files.exists("\(folder)/letters") else { return [] }
        let lines = try Files.read("\(folder)/letters").split(separator: UInt8(ascii: "\n"))
        return try lines.map { try JSONValue.parse(Array($0)) }
    }
}

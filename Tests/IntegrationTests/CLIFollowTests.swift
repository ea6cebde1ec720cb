import Development
import JSON
import Linux
import TestSupport
import Testing

/// Following a run while its server is killed and comes back.
@Suite("Following survives a killed server")
struct CLIFollowTests {
    /// A server at a fixed address that can be killed and started anew.
    private final class Server {
        private let environment: [String: String]
        private(set) var process: PawlProcess
        let api: PawlAPI

        init(_ environment: [String: String]) throws {
            #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
            process = try PawlProcess(["serve"], environment: environment)
            let address = try process.ready()
            api = PawlAPI(address)
            self.environment = environment.merging(["PAWL_LISTEN": String(address.dropFirst("http://".count))]
            ) { $1 }
        }

        func killAndStart() throws {
            process.kill()
            process = try PawlProcess(["serve"], environment: environment)
            try process.ready()
        }
    }

    private static func onServer(_ body: @escaping @Sendable (Server) throws -> Void) async throws {
        let postgres = try await TestServers.postgres()
        try await onOwnThread {
            let database = "follow_\(Random.bytes(6).hexadecimal)"
            _ = try postgres.createDatabase(database)
            let environment = [
                "DATABASE_URL": postgres.url(database: database), "PAWL_LISTEN": "127.0.0.1:0",
                "PAWL_SLOTS": "4",
            ]
            let server = try Server(environment)
            let worker = try PawlProcess(["worker"], environment: environment)
            defer { _ = try? worker.stop() }
            try worker.ready()
            try body(server)
            server.process.kill()
        }
    }

    /// Two steps side by side that write numbered lines until they may stop.
    private static func talkative(_ folder: String) -> String {
        """
        name: talkative
        steps:
          - id: both
            foreach: { items: "${ ['a', 'b'] }" }
            with: { name: "${ item }" }
            run: |
              name=$(jq -r .name); n=0
              while [ ! -e \(folder)/stop ] || [ $n -lt 300 ]; do
                n=$((n + 1)); echo "$name $n" >&2; sleep 0.01
              done
        """
    }

    @Test("logs --follow gives every line once, each step's in order, over two killed servers")
    func logs() async throws {
        let folder = try TestServers.folder()
        try await Self.onServer { server in
            let run = try server.api.start(try server.api.apply(Self.talkative(folder)))
            let arguments = ["run", "logs", run, "--follow", "-o", "jsonl", "--server", server.api.address]
            let follower = try PawlProcess(arguments)
            for word in ["a 40", "b 120"] {
                #expect(follower.output.line(with: "\"\(word)\"", within: PawlProcess.patience) != nil)
                try server.killAndStart()
            }
            try Files.write("\(folder)/stop", [])
            #expect(try follower.exit() == .exited(0), "\(follower.errors.text)")
            let text = follower.output.readToEnd(within: PawlProcess.patience) ?? ""
            let lines = try text.split(separator: "\n").map { try JSONValue.parse(String($0)) }
            let kept = try server.api.all("/v1/runs/\(run)/logs")
            let positions = lines.compactMap { $0["position"]?.integerValue }
            #expect(positions == positions.sorted() && Set(positions).count == positions.count)
            #expect(positions == kept.compactMap { $0["position"]?.integerValue }, "\(kept.count) were kept")
            for name in ["a", "b"] {
                let said = lines.compactMap { $0["message"]?.stringValue }.filter { $0.hasPrefix("\(name) ") }
                #expect(said == (1...said.count).map { "\(name) \($0)" })
            }
            #expect(follower.errors.text.contains("the connection was lost; trying again"))
        }
    }

    @Test("watch prints plain lines, each once, over a killed server; on a terminal a tree with bars")
    func watch() async throws {
        let folder = try TestServers.folder()
        try await Self.onServer { server in
            let workflow = """
                name: watched
                steps:
                  - { id: first, run: "exit 0" }
                  - id: group
                    steps:
                      - { id: inner, run: "until [ -e \(folder)/go ]; do sleep 0.05; done" }
                """
            let run = try server.api.start(try server.api.apply(workflow))
            let command = ["run", "watch", run, "--server", server.api.address]
            let plain = try PawlProcess(command)
            // A terminal of its own, 100 columns wide.
            let terminal = try PawlProcess(
                command,
                environment: ["TERM": "xterm", "SHELL": "/bin/sh"],
                wrapper: ["sh", "-c", #"exec script -qec "stty cols 100 rows 20; $*" /dev/null"#, "sh"]
            )
            #expect(plain.errors.line(with: "group/inner", within: PawlProcess.patience) != nil)
            #expect(terminal.output.line(with: "▶ ", within: PawlProcess.patience) != nil)
            try server.killAndStart()
            try Files.write("\(folder)/go", [])
            #expect(try plain.exit() == .exited(0), "\(plain.errors.text)")
            let said = (plain.errors.readToEnd(within: PawlProcess.patience) ?? "").split(separator: "\n")
            #expect(said.filter { $0.contains("✓ succeeded") && $0.contains("first") }.count == 1, "\(said)")
            #expect(said.filter { $0.contains("✓ succeeded") && $0.contains("group/inner") }.count == 1)
            #expect(!plain.errors.text.contains("\u{1B}"))

            #expect(try terminal.exit() == .exited(0), "\(terminal.output.text)")
            let screen = terminal.output.readToEnd(within: PawlProcess.patience) ?? ""
            let last = screen.split(separator: "\u{1B}[2K").suffix(4).map(String.init)
            #expect(last.first?.contains("✓ succeeded watched  ████████████████ 3/3") == true, "\(last)")
            #expect(last.contains { $0.contains("✓ first ") && $0.contains("█") }, "\(last)")
            #expect(last.contains { $0.contains("✓   inner ") }, "\(last)")
        }
    }
}

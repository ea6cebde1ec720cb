import Development
import HTTP
import JSON
import Linux

/// An engine of this very program, ready to be measured, and the floors beside it.
///
/// It is `pawl dev` with nothing set otherwise than by default but the number of slots: commits are durable,
/// and the API is used as any client uses it. The floors have a Postgres of their own, of the same make.
final class Bench: Sendable {
    let rounds: Int
    let inFlight: Int
    let floors: Floors
    private let folder: String
    private let postgres: PrivatePostgres
    private let engine: CapturedProcess
    private let address: String

    init(rounds: Int, inFlight: Int) throws {
        self.rounds = rounds
        self.inFlight = inFlight
        folder = "/tmp/pawl-bench-\(ThisProcess.id)"
        postgres = try PrivatePostgres(folder: "\(folder)/floor")
        try postgres.start()
        floors = try Floors(conninfo: postgres.url())
        // A plugin like any other: an executable in a folder.
        try Files.makeFolders("\(folder)/plugins")
        try Files.write("\(folder)/plugins/tiny", try Files.read(floors.step), mode: 0o755)
        engine = try CapturedProcess(
            try ThisProcess.executablePath(),
            ["dev", "--data", "\(folder)/dev", "--port", "0", "--slots", String(inFlight)],
            environment: ["PATH=/usr/bin:/bin", "PAWL_PLUGIN_PATH=\(folder)/plugins"]
        )
        guard let ready = try engine.line(), ready.hasPrefix("ready ") else {
            throw CommandFailure(.failed, "the engine to measure did not start")
        }
        address = String(ready.dropFirst("ready ".count))
        try apply()
    }

    func close() {
        engine.stop()
        postgres.stop()
        try? Files.removeTree(folder)
    }

    /// Processor time of the engine, its Postgres and Redis, and the steps so far, in milliseconds.
    var cpuMilliseconds: Double { ProcessTree.cpuMilliseconds(of: engine.pid) }

    func client() throws -> HTTPClient { try HTTPClient(address) }

    /// Starts one run and waits for its end.
    func runOnce(_ client: HTTPClient) throws {
        try wait(for: start(client), client)
    }

    func start(_ client: HTTPClient) throws -> String {
        let started = try answer(client.send("POST", "/v1/runs", headers: Self.json, body: Self.submission))
        guard let id = started["id"]?.stringValue else { throw CommandFailure(.failed, "no run was started") }
        return id
    }

    func wait(for run: String, _ client: HTTPClient) throws {
        let ended = try answer(client.send("GET", "/v1/runs/\(run)?wait=60s", timeout: .seconds(90)))
        guard ended["status"]?.stringValue == "succeeded" else {
            throw CommandFailure(.failed, "run \(run) is \(Output.text(ended["status"])), not succeeded")
        }
    }

    private func answer(_ response: HTTPResponse) throws -> JSONValue {
        let value = try JSONValue.parse(response.bytes)
        guard response.status < 300 else { throw CommandFailure(status: response.status, problem: value) }
        return value
    }

    private func apply() throws {
        let steps = (1...Self.chainSteps).map { "  - { id: s\($0), uses: tiny/run, with: { n: \($0) } }" }
        let definition = "name: chain\nsteps:\n" + steps.joined(separator: "\n") + "\n"
        let headers: HTTPHeaders = ["Content-Type": "application/yaml"]
        _ = try answer(
            client().send("PUT", "/v1/workflows/chain", headers: headers, body: Array(definition.utf8))
        )
    }

    /// Sequential steps of one run.
    static let chainSteps = 5
    private static let json: HTTPHeaders = ["Content-Type": "application/json"]
    private static let submission = Array(#"{"workflow":"chain"}"#.utf8)
}

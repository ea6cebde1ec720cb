import Development
import HTTP
import JSON
import Linux
import Postgres

/// An engine of this very program, ready to be measured, and the floors beside it.
///
/// It is `pawl dev` with nothing set otherwise than by default but the number of slots: commits are durable,
/// and the API is used as any client uses it. The floors have a Postgres of their own, of the same make.
final class Bench: Sendable {
    struct Setup: Sendable {
        var rounds = 5
        /// Steps that run at once, and clients that submit.
        var inFlight = 8
        /// The program of a tiny step, on both sides of a ratio: `tiny` or `bare`.
        var step = "tiny"
        /// Processes that run steps, each with its share of `inFlight`.
        var workers = 1
    }

    let setup: Setup
    let floors: Floors
    private let folder: String
    private let postgres: PrivatePostgres
    private let engine: CapturedProcess
    private let workers: [CapturedProcess]
    private let address: String

    init(_ setup: Setup) throws {
        self.setup = setup
        folder = "/tmp/pawl-bench-\(ThisProcess.id)"
        postgres = try PrivatePostgres(folder: "\(folder)/floor")
        try postgres.start()
        floors = try Floors(conninfo: postgres.url(), step: setup.step)
        // Plugins like any other: executables in a folder.
        try Files.makeFolders("\(folder)/plugins")
        for (name, program) in [("tiny", floors.step), ("probe", floors.probe)] {
            try Files.write("\(folder)/plugins/\(name)", try Files.read(program), mode: 0o755)
        }
        try WarmBench.layPlugin(in: "\(folder)/plugins")
        let share = String(max(1, setup.inFlight / setup.workers))
        engine = try Self.start(folder, ["dev", "--data", "\(folder)/dev", "--port", "0", "--slots", share])
        guard let ready = try engine.line(), ready.hasPrefix("ready ") else {
            throw CommandFailure(.failed, "the engine to measure did not start")
        }
        address = String(ready.dropFirst("ready ".count))
        workers = try (1..<setup.workers).map { [folder] _ in try Self.startWorker(folder, slots: share) }
        try apply(
            "chain",
            steps: (1...Self.chainSteps).map { "{ id: s\($0), uses: tiny/run, with: { n: \($0) } }" }
        )
    }

    /// It stops when the one who measures is killed.
    private static func start(
        _ folder: String,
        _ arguments: [String],
        settings: [String] = []
    ) throws -> CapturedProcess {
        let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "PAWL_PLUGIN_PATH=\(folder)/plugins"]
        return try CapturedProcess(
            "/usr/bin/setpriv",
            ["--pdeathsig", "TERM", try ThisProcess.executablePath()] + arguments,
            environment: environment + settings
        )
    }

    private static func startWorker(
        _ folder: String,
        slots: String,
        settings: [String] = []
    ) throws -> CapturedProcess {
        let servers = [
            "--database-url", databaseURL(folder), "--redis-url", "unix:\(folder)/dev/redis/redis.sock",
        ]
        return try start(folder, ["worker", "--slots", slots] + servers, settings: settings)
    }

    func close() {
        for worker in workers { worker.stop() }
        engine.stop()
        postgres.stop()
        try? Files.removeTree(folder)
    }

    /// One more worker, with settings of its own, such as `PAWL_QUEUES=none`; the caller stops it.
    func anotherWorker(settings: [String]) throws -> CapturedProcess {
        try Self.startWorker(folder, slots: "1", settings: settings)
    }

    /// Measures with an engine of its own.
    static func with<Value>(_ setup: Setup, _ body: (Bench) throws -> Value) throws -> Value {
        let bench = try Bench(setup)
        defer { bench.close() }
        return try body(bench)
    }

    /// Sequential steps of one run.
    static let chainSteps = 5
    private static let json: HTTPHeaders = ["Content-Type": "application/json"]
}

// MARK: - The engine as its clients see it

extension Bench {
    func client() throws -> HTTPClient { try HTTPClient(address) }

    /// Stores a workflow of these steps, each a line of YAML.
    func apply(_ name: String, settings: String = "", steps: [String]) throws {
        let definition = "name: \(name)\n\(settings)\nsteps:\n" + steps.map { "  - \($0)\n" }.joined()
        let headers: HTTPHeaders = ["Content-Type": "application/yaml"]
        let body = Array(definition.utf8)
        _ = try answer(client().send("PUT", "/v1/workflows/\(name)", headers: headers, body: body))
    }

    /// Starts a run and gives its id.
    func start(_ client: HTTPClient, _ workflow: String = "chain", input: JSONValue? = nil) throws -> String {
        var request = JSONObject([("workflow", .string(workflow))])
        request["input"] = input
        let body = JSONValue.object(request).bytes()
        let started = try answer(client.send("POST", "/v1/runs", headers: Self.json, body: body))
        guard let id = started["id"]?.stringValue else { throw CommandFailure(.failed, "no run was started") }
        return id
    }

    /// Waits for the end of a run.
    func wait(for run: String, status: String = "succeeded", _ client: HTTPClient) throws {
        while true {
            let run = try answer(client.send("GET", "/v1/runs/\(run)?wait=60s", timeout: .seconds(90)))
            if run["status"]?.stringValue == status { return }
            guard run["times"]?["ended_at"]?.isNull ?? true else {
                let text = "run \(Output.text(run["id"])) is \(Output.text(run["status"])), not \(status)"
                throw CommandFailure(.failed, text)
            }
        }
    }

    /// When the program of a run of the workflow `probe` ran, in microseconds since 1970.
    func probed(_ run: String, _ client: HTTPClient) throws -> Int64 {
        let steps = try answer(client.send("GET", "/v1/runs/\(run)/steps?outputs=true"))
        guard let at = steps["items"]?.arrayValue?.first?["output"]?["at"]?.integerValue else {
            throw CommandFailure(.failed, "the step of run \(run) has no time")
        }
        return at
    }

    /// Gives a command that needs no more than its path.
    func send(_ client: HTTPClient, _ path: String) throws {
        _ = try answer(client.send("POST", path, headers: Self.json, body: Array("{}".utf8)))
    }

    private func answer(_ response: HTTPResponse) throws -> JSONValue {
        let value = try JSONValue.parse(response.bytes)
        guard response.status < 300 else { throw CommandFailure(status: response.status, problem: value) }
        return value
    }

    /// Has so many clients, each on a thread with a connection of its own, do their share of `count`.
    ///
    /// `body` is called with the client and the number of the piece, from 0.
    func share(
        _ count: Int,
        among clients: Int,
        _ body: @escaping @Sendable (HTTPClient, Int) throws -> Void
    ) throws {
        let failure = Locked<(any Error)?>(nil)
        let threads = (0..<min(count, clients)).map { first in
            DedicatedThread("client-\(first)") { [self] in
                do {
                    let client = try client()
                    for number in stride(from: first, to: count, by: clients) { try body(client, number) }
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
        }
        for thread in threads { thread.join() }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// The same at a steady pace: a piece begins at its time, whatever becomes of those before.
    ///
    /// There must be enough clients for what is under way at once.
    func share(
        _ count: Int,
        among clients: Int,
        perSecond rate: Double,
        _ body: @escaping @Sendable (HTTPClient, Int) throws -> Void
    ) throws {
        let start = MonotonicTime.now
        try share(count, among: clients) { client, number in
            Waker().wait(until: start + .microseconds(Int64(Double(number) * 1e6 / rate)))
            try body(client, number)
        }
    }
}

// MARK: - The engine from outside

extension Bench {
    /// Processor time of the engine, its Postgres and Redis, and the steps so far, in milliseconds.
    var cpuMilliseconds: Double {
        ([engine] + workers).reduce(0) { $0 + ProcessTree.cpuMilliseconds(of: $1.pid) }
    }

    /// Memory of the engine, its Postgres and Redis and the supervisors, in MB; what processes share counts
    /// once.
    var residentMegabytes: Double { ProcessTree.residentMegabytes(of: engine.pid) }

    /// A session with the engine's database, for what no answer of the API tells.
    func database() throws -> PostgresConnection {
        try PostgresConnection.open(PostgresConfiguration(Self.databaseURL(folder)))
    }

    private static func databaseURL(_ folder: String) -> String {
        "postgres://pawl@\("\(folder)/dev/postgres".replacing("/", with: "%2F")):5432/pawl"
    }
}

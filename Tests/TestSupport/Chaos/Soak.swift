import Development
import JSON
import Linux
import Postgres

/// A steady load for a long time, and whether anything grows under it.
public struct Soak: Sendable {
    /// What is looked at from time to time.
    public struct Sample: Sendable, CustomStringConvertible {
        public var megabytes = 0.0
        public var descriptors = 0.0
        public var deadTuples = 0.0
        /// Of the transactions that claimed since the sample before, in milliseconds.
        public var claimP99 = 0.0

        public var description: String {
            "\(megabytes.rounded()) MB, \(Int(descriptors)) descriptors, \(Int(deadTuples)) dead tuples, "
                + "claims p99 \(claimP99) ms"
        }
    }

    private static let samples = 40
    /// Five steps of 0.35 s each run take 4.4 of the 8 slots: a backlog would grow, and memory with it.
    private static let pace = Duration.milliseconds(400)
    private static let hotTables = "('task', 'run_live', 'timer', 'worker', 'outbox')"

    private let duration: Duration
    private let postgres: PrivatePostgres
    private let program: String?

    /// `program` is another `pawl` than the one that was built with the tests.
    public init(minutes: Int, on postgres: PrivatePostgres, program: String? = nil) {
        duration = .seconds(60 * minutes)
        self.postgres = postgres
        self.program = program
    }

    /// Blocks for the time of the soak, and gives what was seen.
    public func run() throws -> [Sample] {
        let folder = try TestServers.folder()
        let database = try postgres.createDatabase("soak")
        let settings = [
            "DATABASE_URL": postgres.url(database: "soak"), "PAWL_LISTEN": "127.0.0.1:0",
            "PAWL_SCRATCH_DIR": "\(folder)/scratch", "PAWL_SLOTS": "8",
        ]
        let migration = try PawlProcess(["migrate"], environment: settings, program: program)
        guard try migration.exit() == .exited(0) else {
            throw NeverHappened(description: migration.errors.text)
        }
        let server = try PawlProcess(["serve", "--worker"], environment: settings, program: program)
        defer { server.kill() }
        let api = PawlAPI(try server.ready())
        let kind = ChaosWorkflow.Kind.orders
        try api.apply(kind.definition(Ledger("/dev/null")))
        let connection = try PostgresConnection.open(database)
        var samples: [Sample] = []
        var counts: [Double: Double] = [:]
        let began = MonotonicTime.now
        let pause = Waker()
        while samples.count < Self.samples {
            let next = began + duration * (samples.count + 1) / Self.samples
            while MonotonicTime.now < next {
                _ = try api.start(kind.rawValue)
                pause.wait(until: .now + Self.pace)
            }
            samples.append(try sample(server, api, connection, &counts))
            print("soak, \(samples.count) of \(Self.samples): \(samples[samples.count - 1])")
        }
        try server.stop()
        return samples
    }

    private func sample(
        _ server: PawlProcess,
        _ api: PawlAPI,
        _ connection: PostgresConnection,
        _ counts: inout [Double: Double]
    ) throws -> Sample {
        var sample = Sample()
        let memory = String(decoding: try Files.read("/proc/\(server.pid)/statm"), as: UTF8.self)
        sample.megabytes = (memory.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 256
        sample.descriptors = Double(try Files.names(in: "/proc/\(server.pid)/fd").count)
        let dead = try connection.query(
            "select sum(n_dead_tup)::float8 from pg_stat_user_tables where relname in \(Self.hotTables)"
        )
        sample.deadTuples = try dead[0].double(0)
        let before = counts
        counts = try Self.claims(api)
        sample.claimP99 = Self.percentile99(counts, since: before)
        return sample
    }

    /// How many claims took at most so many seconds, by the bounds of the histogram.
    private static func claims(_ api: PawlAPI) throws -> [Double: Double] {
        var counts: [Double: Double] = [:]
        let text = try api.get("/metrics").text
        for line in text.split(separator: "\n") {
            let match = line.firstMatch(
                of: /^pawl_claim_duration_seconds_bucket\{le="([0-9.e+-]+)"\} ([0-9]+)/
            )
            guard let match, let bound = Double(match.1) else { continue }
            counts[bound] = Double(match.2)
        }
        return counts
    }

    private static func percentile99(_ now: [Double: Double], since before: [Double: Double]) -> Double {
        let bounds = now.keys.sorted()
        let counts = bounds.map { (now[$0] ?? 0) - (before[$0] ?? 0) }
        guard let all = counts.last else { return 0 }
        return (zip(bounds, counts).first { $1 >= all * 0.99 }?.0 ?? 0) * 1_000
    }
}

extension [Soak.Sample] {
    /// The median of a figure in the second quarter, when caches are full, and in the last.
    public func course(_ figure: (Soak.Sample) -> Double) -> (early: Double, late: Double) {
        func median(_ part: ArraySlice<Soak.Sample>) -> Double {
            let sorted = part.map(figure).sorted()
            return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        }
        return (median(self[(count / 4)..<(count / 2)]), median(self[(count * 3 / 4)...]))
    }
}

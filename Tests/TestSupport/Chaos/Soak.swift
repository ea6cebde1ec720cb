import Development
import JSON
import Linux
import Postgres

/// A steady load for a long time, and whether anything grows under it.
public struct Soak: Sendable {
    /// What is looked at from time to time.
    public struct Sample: Sendable, CustomStringConvertible {
        /// Runs that had ended.
        public var runs = 0.0
        /// Of memory of its own: code that is read in as it is first used is none.
        public var megabytes = 0.0
        public var descriptors = 0.0
        public var deadTuples = 0.0
        /// Of the transactions that claimed since the sample before, in milliseconds.
        public var claimP99 = 0.0

        public var description: String {
            "\(Int(runs)) runs, \((megabytes * 10).rounded() / 10) MB, \(Int(descriptors)) descriptors, "
                + "\(Int(deadTuples)) dead tuples, claims p99 \(claimP99) ms"
        }
    }

    private static let samples = 40
    private static let slots = 8
    /// Runs in flight: each takes 1.75 s of a slot in at least 2.05 s, so that six take five of the eight.
    ///
    /// However slow the machine, no backlog grows and takes memory with it.
    private static let lanes = 6
    private static let hotTables = "('task', 'run_live', 'timer', 'worker', 'outbox')"

    private let duration: Duration
    private let postgres: PrivatePostgres
    private let redis: PrivateRedis
    private let program: String?

    /// `program` is another `pawl` than the one that was built with the tests.
    public init(minutes: Int, on postgres: PrivatePostgres, _ redis: PrivateRedis, program: String? = nil) {
        duration = .seconds(60 * minutes)
        self.postgres = postgres
        self.redis = redis
        self.program = program
    }

    /// Blocks for the time of the soak, and gives what was seen.
    public func run() throws -> [Sample] {
        let database = try postgres.createDatabase("soak")
        let server = try startServer()
        defer { server.kill() }
        let api = PawlAPI(try server.ready())
        let load = try SoakLoad(api, lanes: Self.lanes)
        let connection = try PostgresConnection.open(database)
        var samples: [Sample] = []
        var counts: [Double: Double] = [:]
        let began = MonotonicTime.now
        let pause = Waker()
        while samples.count < Self.samples {
            pause.wait(until: began + duration * (samples.count + 1) / Self.samples)
            var sample = try sample(server, connection)
            sample.runs = Double(try load.ended())
            let before = counts
            counts = try Self.claims(api)
            sample.claimP99 = Self.percentile99(counts, since: before)
            samples.append(sample)
            print("soak, \(samples.count) of \(Self.samples): \(sample)")
        }
        try load.stop()
        try server.stop()
        return samples
    }

    private func startServer() throws -> PawlProcess {
        let settings = [
            "DATABASE_URL": postgres.url(database: "soak"), "REDIS_URL": "unix:\(redis.socket)",
            "PAWL_LISTEN": "127.0.0.1:0", "PAWL_SCRATCH_DIR": "\(try TestServers.folder())/scratch",
            "PAWL_SLOTS": "\(Self.slots)",
        ]
        let migration = try PawlProcess(["migrate"], environment: settings, program: program)
        guard try migration.exit() == .exited(0) else {
            throw NeverHappened(description: migration.errors.text)
        }
        return try PawlProcess(["serve", "--worker"], environment: settings, program: program)
    }

    private func sample(_ server: PawlProcess, _ connection: PostgresConnection) throws -> Sample {
        var sample = Sample()
        let statm = String(decoding: try Files.read("/proc/\(server.pid)/statm"), as: UTF8.self)
        let pages = statm.split(separator: " ").compactMap { Double($0) }
        sample.megabytes = pages.count > 2 ? (pages[1] - pages[2]) / 256 : 0
        sample.descriptors = Double(try Files.names(in: "/proc/\(server.pid)/fd").count)
        let dead = try connection.query(
            "select sum(n_dead_tup)::float8 from pg_stat_user_tables where relname in \(Self.hotTables)"
        )
        sample.deadTuples = try dead[0].double(0)
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

/// How a figure went: its median in the second quarter, when caches are full, and in the last.
public struct Course: Sendable, CustomStringConvertible {
    public var early: Double
    public var late: Double

    public var description: String { "\(Self.text(early)) → \(Self.text(late))" }

    private static func text(_ figure: Double) -> String {
        figure == figure.rounded() ? "\(Int(figure))" : "\((figure * 10).rounded() / 10)"
    }
}

extension [Soak.Sample] {
    public func course(_ figure: (Soak.Sample) -> Double) -> Course {
        func median(_ part: ArraySlice<Soak.Sample>) -> Double {
            let sorted = part.map(figure).sorted()
            return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        }
        return Course(early: median(self[(count / 4)..<(count / 2)]), late: median(self[(count * 3 / 4)...]))
    }
}

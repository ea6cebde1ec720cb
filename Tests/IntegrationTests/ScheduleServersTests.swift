import JSON
import Linux
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("Schedules of running servers")
    struct ScheduleServersTests {
        @Test("two servers fire each instant once, also when one is killed; the command line acts on them")
        func twoServers() async throws {
            let postgres = try await TestServers.postgres()
            try await onOwnThread {
                let name = "schedules_\(Random.bytes(6).hexadecimal)"
                _ = try postgres.createDatabase(name)
                let environment = [
                    "PAWL_LISTEN": "127.0.0.1:0", "DATABASE_URL": postgres.url(database: name),
                ]
                #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
                let servers = [
                    try PawlProcess(["serve"], environment: environment),
                    try PawlProcess(["serve"], environment: environment),
                ]
                let first = PawlAPI(try servers[0].ready())
                let other = PawlAPI(try servers[1].ready())
                try first.apply("name: tick\nsteps:\n  - id: now\n    set: 1")
                let body: JSONValue = ["workflow": "tick", "every": "1s", "overlap": "allow"]
                #expect(try first.call("PUT", "/v1/schedules/ticking", body).status == 201)
                try Self.wait(for: 3, other)
                servers[0].kill()
                try Self.wait(for: 6, other)
                try Self.act(on: other)
                try Self.checkRuns(other)
                #expect(try servers[1].stop() == .exited(0))
            }
        }

        private static func wait(for count: Int, _ api: PawlAPI) throws {
            try eventually("\(count) fires", within: PawlProcess.patience) {
                try api.all("/v1/schedules/ticking/fires").count >= count
            }
        }

        private static func act(on api: PawlAPI) throws {
            let environment = ["PAWL_SERVER": api.address]
            let shown = try PawlProcess.run(["schedule", "show", "ticking"], environment: environment)
            #expect(shown.exit == 0 && shown.output.contains("\tstarted\trun_"), "\(shown.output)")
            let paused = try PawlProcess.run(
                ["schedule", "pause", "ticking", "-o", "json"],
                environment: environment
            )
            #expect(paused.output.contains(#""paused": true"#), "\(paused.output)\(paused.errors)")
            let absent = try PawlProcess.run(["schedule", "resume", "absent"], environment: environment)
            #expect(absent.exit == 3)
        }

        /// Each instant since the first has one run, and no other has.
        private static func checkRuns(_ api: PawlAPI) throws {
            let runs = try api.all("/v1/runs?schedule=ticking")
            let instants = runs.compactMap { $0["times"]?["scheduled_at"]?.stringValue }.sorted()
            #expect(instants.count == runs.count && Set(instants).count == runs.count, "\(instants)")
            let times = instants.compactMap { Timestamp(rfc3339: $0)?.microseconds }
            let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
            #expect(gaps.allSatisfy { $0 == 1_000_000 }, "\(instants)")
        }
    }
}

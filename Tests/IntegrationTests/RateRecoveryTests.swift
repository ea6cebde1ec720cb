import JSON
import Linux
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("A rate is kept by Postgres")
    struct RateRecoveryTests {
        @Test("a flush of Redis, and its end, let no start through that the rate does not allow")
        func flushed() async throws {
            let installation = try await Installation.start()
            defer { installation.remove() }
            try await onOwnThread {
                let api = installation.api
                let name = try api.apply(
                    """
                    name: rated
                    steps:
                      - id: ask
                        run: echo asked
                        rate: { key: the-api, limit: 2, per: 1h }
                    """
                )
                for _ in 0..<2 { #expect(try api.end(of: try api.start(name))["status"] == "succeeded") }
                var held = [try api.start(name)]
                try Self.waitForRate(api, held[0])
                try installation.redis.flush()
                held.append(try api.start(name))
                try Self.waitForRate(api, held[1])
                installation.redis.kill()
                held.append(try api.start(name))
                try Self.waitForRate(api, held[2])
                // Whoever gives starts looks every second; work that is free comes through meanwhile.
                let free = try api.apply(script("free-of-rates"))
                for _ in 0..<3 { #expect(try api.end(of: try api.start(free))["status"] == "succeeded") }
                for run in held {
                    try Self.waitForRate(api, run)
                    #expect(try api.history(run).allSatisfy { $0["type"] != "attempt.succeeded" })
                }
            }
        }

        @Test("a start whose answer is overdue counts for the whole of its time")
        func overdue() async throws {
            let installation = try await Installation.start()
            defer { installation.remove() }
            try await onOwnThread {
                let api = installation.api
                let name = try api.apply(
                    """
                    name: rated-asking
                    steps:
                      - id: ask
                        run: echo '{"type":"defer","timeout":"200ms"}' >&3
                        rate: { key: the-api, limit: 1, per: 1h }
                    """
                )
                let first = try api.end(of: try api.start(name))
                #expect(first["error"]?["type"] == "Timeout", "\(first["error"] ?? .null)")
                let held = try api.start(name)
                try Self.waitForRate(api, held)
                let wait = try #require(try api.get("/v1/runs/\(held)")["waiting_for"].arrayValue?.first)
                let until = wait["until"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
                #expect(try #require(until) - .now > .seconds(3_000), "\(wait)")
            }
        }

        private static func waitForRate(_ api: PawlAPI, _ run: String) throws {
            try eventually("\(run) waits for its rate", within: PawlProcess.patience) {
                let waits = try api.get("/v1/runs/\(run)")["waiting_for"].arrayValue ?? []
                return waits.first?["reason"] == "rate"
            }
        }
    }
}

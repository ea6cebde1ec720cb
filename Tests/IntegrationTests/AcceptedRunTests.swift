import JSON
import Postgres
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("A run that was accepted is on disk")
    struct AcceptedRunTests {
        @Test("all of Postgres is killed at the moment of the answer, and the run is there and ends")
        func killed() async throws {
            let installation = try await Installation.start()
            defer { installation.remove() }
            try await onOwnThread {
                let api = installation.api
                try api.apply(script("accepted"))
                for round in 0..<2 {
                    let runs = try (0..<10).map { try Self.accepted("\(round)-\($0)", api) }
                    installation.postgres.kill()
                    try installation.postgres.start()
                    for run in runs {
                        try eventually("the API is back", within: PawlProcess.patience) {
                            try api.get("/v1/runs/\(run)").status != 503
                        }
                        #expect(try api.get("/v1/runs/\(run)").status == 200, "\(run) was accepted")
                    }
                    for run in runs where try api.get("/v1/runs/\(run)").status == 200 {
                        #expect(try api.end(of: run)["status"] == "succeeded")
                    }
                }
            }
        }

        /// The run once it is accepted: what broke with Postgres may refuse it at first.
        private static func accepted(_ key: String, _ api: PawlAPI) throws -> String {
            var run: String?
            try eventually("the run is accepted", within: PawlProcess.patience) {
                let body: JSONValue = ["workflow": "accepted"]
                let answer = try api.call("POST", "/v1/runs", body, headers: [("Idempotency-Key", key)])
                if answer.status == 201 { run = answer["id"].stringValue }
                return run != nil
            }
            return run ?? ""
        }

        @Test("while nothing can be written, nothing is accepted")
        func locked() async throws {
            let installation = try await Installation.start()
            defer { installation.remove() }
            try await onOwnThread {
                let api = installation.api
                let body: JSONValue = ["workflow": .string(try api.apply(script("locked")))]
                let key = [("Idempotency-Key", "locked")]
                let database = try installation.postgres.configuration(database: "pawl")
                try PostgresConnection.open(database).transaction { connection in
                    try connection.execute("lock table history in exclusive mode")
                    let answer = try? api.call(
                        "POST",
                        "/v1/runs",
                        body,
                        headers: key,
                        timeout: .milliseconds(700)
                    )
                    #expect(answer?.status != 201, "it was accepted before it was written")
                }
                try eventually("it is accepted", within: PawlProcess.patience) {
                    try api.call("POST", "/v1/runs", body, headers: key).status == 201
                }
            }
        }
    }
}

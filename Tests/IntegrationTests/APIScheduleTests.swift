import JSON
import Linux
import TestSupport
import Testing

@Suite("Schedules through the API")
struct APIScheduleTests {
    /// A schedule that never comes by itself within a test.
    private static let yearly: JSONValue = ["workflow": "hourly-report", "cron": "0 0 1 1 *"]

    private static func apply(_ api: PawlAPI, _ name: String = "hourly-report") throws {
        try api.apply(
            """
            name: \(name)
            input: { type: object, properties: { region: { type: string, default: north } } }
            steps:
              - id: at
                set: "${ { 'at': run.scheduled_at, 'region': input.region } }"
            output: ${ steps.at.output }
            """
        )
    }

    private static func put(_ api: PawlAPI, _ name: String, _ body: JSONValue) throws -> APIAnswer {
        try api.call("PUT", "/v1/schedules/\(name)", body)
    }

    private static func fires(_ api: PawlAPI, _ name: String, _ status: String) throws -> [JSONValue] {
        try api.all("/v1/schedules/\(name)/fires").filter { $0["status"]?.stringValue == status }
    }

    @Test("a schedule is put, shown, listed, put again and deleted")
    func lifeCycle() async throws {
        try await APIFixture.serve { api in
            try Self.apply(api)
            let put = try Self.put(
                api,
                "new-year",
                [
                    "workflow": "hourly-report", "cron": "0 0 1 1 *", "zone": "Europe/Riga",
                    "input": ["region": "south"], "catch_up": "1h", "jitter": "5m", "overlap": "queue",
                    "labels": ["team": "shop"],
                ]
            )
            #expect(put.status == 201, "\(put.text)")
            #expect(put["next_at"].stringValue?.hasSuffix("-12-31T22:00:00.000Z") == true, "\(put.text)")
            #expect(put["jitter"] == "5m" && put["catch_up"] == "1h" && put["paused"] == false)
            #expect(try Self.put(api, "new-year", Self.yearly).status == 200)
            let shown = try api.get("/v1/schedules/new-year")
            #expect(shown["overlap"] == "skip" && shown["zone"] == "UTC", "\(shown.text)")
            #expect(try api.all("/v1/schedules").contains { $0["name"] == "new-year" })
            let next = try api.get("/v1/schedules/new-year/next?limit=2&from=2026-06-01T00:00:00Z").items
            #expect(next.map { $0["at"] } == ["2027-01-01T00:00:00.000Z", "2028-01-01T00:00:00.000Z"])
            #expect(try api.call("DELETE", "/v1/schedules/new-year").status == 204)
            for call in [
                ("GET", ""), ("GET", "/next"), ("GET", "/fires"), ("POST", "/trigger"), ("DELETE", ""),
            ] {
                #expect(try api.call(call.0, "/v1/schedules/new-year\(call.1)").status == 404)
            }
        }
    }

    @Test("mistakes are told at their pointers, and change nothing")
    func mistakes() async throws {
        try await APIFixture.serve { api in
            try Self.apply(api)
            let cases: [(JSONValue, pointer: String, text: String)] = [
                (["workflow": "hourly-report", "cron": "61 * * * *"], "/cron", "minute"),
                (["workflow": "hourly-report", "cron": "0 0 30 2 *"], "/cron", "day-of-month"),
                (["workflow": "hourly-report"], "/cron", "missing"),
                (["workflow": "hourly-report", "cron": nil], "/cron", "missing"),
                (["workflow": "hourly-report", "cron": "@daily", "every": "5m"], "/every", "not both"),
                (["workflow": "hourly-report", "every": "1ms"], "/every", "at least 1s"),
                (
                    ["workflow": "hourly-report", "cron": "@daily", "zone": "Europe/Rigga"], "/zone",
                    "Europe/Riga"
                ),
                (["workflow": "hourly-raport", "cron": "@daily"], "/workflow", "hourly-report"),
                (
                    ["workflow": "hourly-report", "cron": "@daily", "input": ["region": 7]], "/input/region",
                    ""
                ),
                (["workflow": "hourly-report", "cron": "@daily", "overlap": "skpi"], "/overlap", "skip"),
                (["workflow": "hourly-report", "cron": "@daily", "crno": 1], "/crno", "cron"),
            ]
            for (body, pointer, text) in cases {
                let answer = try Self.put(api, "mistaken", body)
                #expect(answer.status == 422, "\(body)")
                let errors = answer["errors"].arrayValue ?? []
                #expect(errors.contains { $0["pointer"]?.stringValue == pointer }, "\(answer.text)")
                #expect(answer.text.contains(text), "\(answer.text)")
            }
            #expect(try Self.put(api, "Not_A_Name", Self.yearly).status == 422)
            #expect(try api.get("/v1/schedules/mistaken").status == 404)
        }
    }

    @Test("a trigger begins a run at once, also of a paused schedule, which the run names")
    func trigger() async throws {
        try await APIFixture.serve { api in
            try Self.apply(api)
            #expect(try Self.put(api, "by-hand", Self.yearly).status == 201)
            let paused = try api.call("POST", "/v1/schedules/by-hand/pause", ["reason": "holidays"])
            #expect(paused["pause_reason"] == "holidays" && paused["next_at"] == .null, "\(paused.text)")
            let key = [("Idempotency-Key", Random.bytes(8).hexadecimal)]
            let answer = try api.call("POST", "/v1/schedules/by-hand/trigger", [:], headers: key)
            #expect(answer.status == 201, "\(answer.text)")
            let again = try api.call("POST", "/v1/schedules/by-hand/trigger", [:], headers: key)
            #expect(again["id"] == answer["id"] && again.headers["Idempotency-Replayed"] == "true")
            let run = try api.end(of: answer["id"].stringValue ?? "")
            #expect(run["schedule"] == "by-hand" && run["status"] == "succeeded", "\(run)")
            #expect(run["output"]?["at"] == run["times"]?["scheduled_at"])
            #expect(run["output"]?["region"] == "north")
            let listed = try api.all("/v1/runs?schedule=by-hand")
            #expect(listed.map { $0["id"] } == [answer["id"]])
            let fired = try Self.fires(api, "by-hand", "started")
            #expect(fired.count == 1 && fired.first?["run"] == answer["id"], "\(fired)")
        }
    }

    @Test("a backfill gives each past instant one run, one after the other, and only once")
    func backfill() async throws {
        try await APIFixture.serve { api in
            try Self.apply(api)
            #expect(
                try Self.put(api, "daily", ["workflow": "hourly-report", "cron": "@daily"]).status == 201
            )
            let body: JSONValue = ["since": "2026-01-01T00:00:00Z", "until": "2026-01-11T00:00:00Z"]
            let answer = try api.call("POST", "/v1/schedules/daily/backfill", body)
            #expect(
                answer.status == 200 && answer["instants"] == 10 && answer["queued"] == 10,
                "\(answer.text)"
            )
            try eventually("ten runs", within: PawlProcess.patience) {
                try Self.fires(api, "daily", "started").count == 10
            }
            #expect(try api.call("POST", "/v1/schedules/daily/backfill", body)["queued"] == 0)
            let runs = try api.all("/v1/runs?schedule=daily")
            #expect(runs.first?["times"]?["scheduled_at"] == "2026-01-10T00:00:00.000Z")
            let wrong = try api.call("POST", "/v1/schedules/daily/backfill", ["since": "now"])
            #expect(wrong.status == 422 && wrong["errors"].arrayValue?.count == 2, "\(wrong.text)")
        }
    }

    @Test(
        "runs that overlap: skipped, queued, cancelled, or side by side",
        arguments: ["skip", "queue", "cancel", "allow"]
    )
    func overlap(policy: String) async throws {
        try await APIFixture.serve { api in
            let workflow = try api.apply("name: slow-\(policy)\nsteps:\n  - id: nap\n    sleep: 1500ms")
            let name = "overlap-\(policy)"
            let body: JSONValue = [
                "workflow": .string(workflow), "every": "1s", "overlap": .string(policy),
            ]
            #expect(try Self.put(api, name, body).status == 201)
            try eventually("four instants", within: PawlProcess.patience) {
                try api.all("/v1/schedules/\(name)/fires").count >= 4
                    && Self.fires(api, name, "started").count >= 2
            }
            #expect(try api.call("POST", "/v1/schedules/\(name)/pause").status == 200)
            let runs = try api.all("/v1/runs?schedule=\(name)").reversed().map {
                try api.end(of: $0["id"]?.stringValue ?? "")
            }
            #expect(try Self.overlaps(runs) == (policy == "allow"), "\(runs)")
            let skipped = try Self.fires(api, name, "skipped").compactMap { $0["reason"]?.stringValue }
            #expect(skipped.contains("overlap") == (policy == "skip"), "\(skipped)")
            #expect(runs.contains { $0["status"] == "cancelled" } == (policy == "cancel"))
            #expect(try api.call("DELETE", "/v1/schedules/\(name)").status == 204)
        }
    }

    /// Whether a run began before the one before it had ended.
    private static func overlaps(_ runs: [JSONValue]) throws -> Bool {
        func time(_ run: JSONValue, _ name: String) throws -> Timestamp {
            try #require(run["times"]?[name]?.stringValue.flatMap(Timestamp.init(rfc3339:)))
        }
        return try zip(runs, runs.dropFirst()).contains { earlier, later in
            try time(later, "created_at") < time(earlier, "ended_at")
        }
    }

    @Test("a workflow that takes one run at a time and rejects others: instants are left out, and say why")
    func rejected() async throws {
        try await APIFixture.serve { api in
            try api.apply(
                """
                name: exclusive
                concurrency: { key: one, limit: 1, on_conflict: reject }
                steps:
                  - id: nap
                    sleep: 2500ms
                """
            )
            let body: JSONValue = ["workflow": "exclusive", "every": "1s", "overlap": "allow"]
            #expect(try Self.put(api, "excluded", body).status == 201)
            try eventually("two runs, and an instant without", within: PawlProcess.patience) {
                let skipped = try Self.fires(api, "excluded", "skipped")
                let isTold = skipped.contains {
                    $0["detail"]?.stringValue?.hasPrefix("ConcurrencyRejected") == true
                }
                return try isTold && Self.fires(api, "excluded", "started").count >= 2
            }
            #expect(try api.call("POST", "/v1/schedules/excluded/trigger").status == 409)
            #expect(try api.call("DELETE", "/v1/schedules/excluded").status == 204)
        }
    }

    @Test("instants of a paused schedule are left out, and said to be; it goes on at resume")
    func paused() async throws {
        try await APIFixture.serve { api in
            try Self.apply(api)
            let body: JSONValue = ["workflow": "hourly-report", "every": "1s", "paused": true]
            #expect(try Self.put(api, "resting", body).status == 201)
            try eventually("two instants are left out", within: PawlProcess.patience) {
                try Self.fires(api, "resting", "skipped").count { $0["reason"] == "paused" } >= 2
            }
            #expect(try Self.fires(api, "resting", "started").isEmpty)
            #expect(try api.call("POST", "/v1/schedules/resting/resume").status == 200)
            try eventually("it fires", within: PawlProcess.patience) {
                try !Self.fires(api, "resting", "started").isEmpty
            }
            #expect(try api.call("DELETE", "/v1/schedules/resting").status == 204)
        }
    }
}

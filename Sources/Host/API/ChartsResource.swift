import HTTP
import JSON
import Linux
import Scheduler

/// `/v1/charts`: what happened over a time, from roll-ups.
struct ChartsResource: Sendable {
    let api: API

    var routes: [Route] {
        [Route("GET", "/v1/charts", .stored { call, reader, _ in try charts(call, reader) })]
    }

    /// Without `since`, the last hour.
    private static let window = Duration.seconds(3_600)
    private static let bucketLimit = 1...500

    private func charts(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let until = try call.time("until") ?? api.engine.clock.now
        let since = try call.time("since") ?? until - Self.window
        guard since < until else { throw Problem.invalid("since is to be before until") }
        let workflow = call.query("workflow")
        if let workflow, try reader.store.identity(of: workflow, version: nil) == nil {
            throw Problem.notFound("workflow “\(workflow)”")
        }
        let rollup = try reader.store.rollups()
            .rollup(since: since, until: until, workflow: workflow, buckets: try Self.buckets(call))
        return .json([
            "since": .string(rollup.since.rfc3339), "until": .string(rollup.until.rfc3339),
            "bucket_seconds": .integer(rollup.width), "runs": .array(rollup.buckets.map(Self.json)),
            "run_duration": Self.json(rollup.run), "queue_wait": Self.json(rollup.wait),
            "attempt_duration": Self.json(rollup.attempt),
        ])
    }

    private static func buckets(_ call: Call) throws(Problem) -> Int {
        guard let text = call.query("buckets") else { return 60 }
        guard let count = Int(text), bucketLimit.contains(count) else {
            throw .invalid("buckets is a whole number from 1 to 500, not “\(text)”")
        }
        return count
    }

    private static func json(_ bucket: Rollup.Bucket) -> JSONValue {
        var object = JSONObject([("at", .string(bucket.at.rfc3339))])
        for status in RunStatus.allCases where status.isTerminal {
            object[status.rawValue] = .integer(bucket.runs[status] ?? 0)
        }
        return .object(object)
    }

    private static func json(_ durations: Rollup.Durations) -> JSONValue {
        [
            "bounds": .array(durations.bounds.map { .real($0) }),
            "counts": .array(durations.counts.map { .integer($0) }), "seconds": .real(durations.seconds),
        ]
    }
}

import JSON

/// Follows a run's log to the run's end, across lost connections and from server to server: each line once,
/// and in order.
struct LogFollower {
    private let client: APIClient
    /// `/v1/runs/{run}`.
    private let target: String
    /// The rest of the query: `&step=…&attempt=…`.
    private let filter: String

    init(_ client: APIClient, run: String, filter: String) {
        self.client = client
        target = "/v1/runs/\(run)"
        self.filter = filter
    }

    /// Hands lines to `show` as they come; returns when the run has ended and its last line is shown.
    func follow(_ show: @escaping ([JSONValue]) -> Void) throws(CommandFailure) {
        let perseverance = Perseverance()
        var position: Int64 = 0
        let take = { (lines: [JSONValue]) in
            perseverance.heard()
            let fresh = lines.filter { ($0["position"]?.integerValue ?? 0) > position }
            guard let last = fresh.last else { return }
            position = last["position"]?.integerValue ?? position
            show(fresh)
        }
        var hasEnded = false
        while !hasEnded {
            try perseverance.persist { () throws(CommandFailure) in
                try client.events("\(target)/logs?follow=true&after=\(position)\(filter)") { take([$0]) }
            }
            // A stream ends with the run, and with its server.
            hasEnded = try perseverance.persist { () throws(CommandFailure) in
                RunFollower.ended.contains(try client.get(target)["status"]?.stringValue ?? "")
            }
        }
        var isMore = true
        while isMore {
            let page = try perseverance.persist { () throws(CommandFailure) in
                try client.get("\(target)/logs?after=\(position)&limit=500\(filter)")
            }
            take(page["items"]?.arrayValue ?? [])
            isMore = page["cursor"]?.stringValue != nil
        }
    }
}

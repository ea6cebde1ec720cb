import HTTP
import JSON
import Linux
import Scheduler

/// `/v1/runs/{run}/history` and `/logs`.
struct HistoryResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route(
                "GET",
                "/v1/runs/{run}/history",
                api.reading(.history) { call, reader, responder in
                    try history(call, reader, responder)
                }
            ),
            Route(
                "GET",
                "/v1/runs/{run}/logs",
                api.reading(.logs) { call, reader, responder in try logs(call, reader, responder) }
            ),
        ]
    }

    /// Events after `?after=`; with `?wait=` the answer is held until there are some or the run has ended.
    private func history(_ call: Call, _ reader: Reader, _ responder: Responder) throws -> HTTPResponse? {
        let run = try api.run(call, reader)
        let limit = try call.limit()
        let seq = min(Int(try Self.position(call)), Call.greatest)
        let wait = try call.wait()
        let status = try api.detail(run, reader).summary.status
        let events = try reader.run.history(of: run, after: seq, limit: limit)
        guard let wait, events.isEmpty, !status.isTerminal else { return Self.page(events, limit: limit) }
        let look: LongPolls.Look = { (reader: Reader, isLast: Bool) throws -> HTTPResponse? in
            let events = try reader.run.history(of: run, after: seq, limit: limit)
            if events.isEmpty && !isLast { return nil }
            return Self.page(events, limit: limit)
        }
        let deadline = MonotonicTime.now + wait
        return try api.polls.wait(for: run, until: deadline, everyMove: true, reader, responder, look)
    }

    private static func page(_ events: [NumberedEvent], limit: Int) -> HTTPResponse {
        .page(
            events.map(RunJSON.event),
            cursor: events.count >= limit ? events.last.map { String($0.seq) } : nil
        )
    }

    /// A page of lines, or with `?follow=true` a stream of them; `Last-Event-ID` goes on with one.
    private func logs(_ call: Call, _ reader: Reader, _ responder: Responder) throws -> HTTPResponse? {
        let run = try api.run(call, reader)
        let limit = try call.limit()
        let after = try Self.position(call)
        _ = try api.detail(run, reader)
        let paths = try Self.paths(of: run, reader)
        var step: Int?
        if let path = call.query("step") {
            guard let found = paths.first(where: { $0.value == path }) else {
                throw Problem.notFound("step “\(path)” in run \(run)")
            }
            step = found.key
        }
        let attempt = try call.number("attempt", in: 1...Call.greatest)
        if try call.flag("follow") {
            let last = call.request.headers["Last-Event-ID"].flatMap { Int64($0) } ?? after
            api.logs.follow(.init(run: run, step: step, attempt: attempt, position: last), responder)
            return nil
        }
        let lines = try reader.run.logs(of: run, step: step, attempt: attempt, after: after, limit: limit)
        let cursor = lines.count == limit ? lines.last.map { String($0.position) } : nil
        return .page(lines.map { RunJSON.line($0, path: paths[$0.line.step]) }, cursor: cursor)
    }

    /// The paths of a run's steps by their numbers.
    static func paths(of run: RunID, _ reader: Reader) throws -> [Int: String] {
        var paths: [Int: String] = [:]
        var last: Int?
        repeat {
            let page = try reader.run.steps(of: run, after: last, limit: 500)
            for step in page { paths[step.step] = step.path }
            last = page.count == 500 ? page.last?.step : nil
        } while last != nil
        return paths
    }

    static func position(_ call: Call) throws(Problem) -> Int64 {
        guard let text = call.query("after") ?? call.query("cursor") else { return 0 }
        guard let position = Int64(text), position >= 0 else {
            throw .invalid("after is a number from 0, not “\(text)”")
        }
        return position
    }
}

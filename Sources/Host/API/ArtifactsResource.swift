import HTTP
import JSON
import Scheduler

/// `/v1/runs/{run}/artifacts`: what the attempts of a run have left with it.
struct ArtifactsResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route(
                "GET",
                "/v1/runs/{run}/artifacts",
                api.reading(.artifacts) { call, reader, _ in try list(call, reader) }
            ),
            Route(
                "GET",
                "/v1/runs/{run}/artifacts/{id}",
                api.reading(.artifact) { call, reader, _ in try content(call, reader) }
            ),
        ]
    }

    private func list(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let run = try api.run(call, reader)
        _ = try api.detail(run, reader)
        let kept = try reader.runs.artifacts(of: run)
        let paths = kept.isEmpty ? [:] : try HistoryResource.paths(of: run, reader)
        return try .page(all: kept.map { Self.json($0, path: paths[$0.step]) }, of: call)
    }

    private static func json(_ kept: KeptArtifact, path: String?) -> JSONValue {
        let artifact = kept.artifact
        return [
            "id": .string(artifact.id), "step": RunJSON.text(path), "attempt": .integer(Int64(kept.attempt)),
            "name": .string(artifact.name), "media_type": .string(artifact.mediaType),
            "size": .integer(Int64(artifact.size)), "sha256": .string(artifact.sha256),
            "created_at": .string(kept.at.rfc3339),
        ]
    }

    /// The bytes, so that no browser takes what a step wrote for a page of ours.
    private func content(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let run = try api.run(call, reader)
        let id = call.parameter("id")
        guard let (kept, bytes) = try reader.runs.artifact(id, of: run) else {
            _ = try api.detail(run, reader)
            throw Problem.notFound("artifact “\(id)” in run \(run)")
        }
        let artifact = kept.artifact
        return HTTPResponse(
            headers: [
                "Content-Type": artifact.mediaType,
                "Content-Disposition": "attachment; filename=\"\(artifact.name)\"",
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "ETag": "\"\(artifact.sha256)\"",
                "Cache-Control": "private, immutable, max-age=86400",
            ],
            body: .bytes(bytes)
        )
    }
}

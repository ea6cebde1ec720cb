import Linux
import Postgres

/// An artifact with the attempt that left it.
public struct KeptArtifact: Sendable {
    public var step: Int
    public var attempt: Int
    public var at: Timestamp
    public var artifact: Artifact
}

extension PostgresStore {
    /// Keeps a file with its run; one that is kept already under the id stays as it is.
    public func keep(_ artifact: Artifact, _ bytes: [UInt8], of order: AttemptOrder) throws(StoreError) {
        try write(
            Self.artifactInsertion,
            [
                .uuid(order.run.uuid), .text(artifact.id), .int64(Int64(order.step)),
                .int64(Int64(order.attempt)), .text(artifact.name), .text(artifact.mediaType),
                .int64(Int64(artifact.size)), .text(artifact.sha256), .bytes(bytes),
            ]
        )
    }

    /// The content of an artifact; nil if the run has none of that id.
    public func artifact(_ id: String, of run: RunID) throws(StoreError) -> [UInt8]? {
        try read(RunQueries.artifactBody, [.uuid(run.uuid), .text(id)]) { try $0.bytes(1) }.first
    }

    private static let artifactInsertion = PostgresStatement(
        "keep_artifact",
        """
        insert into artifact (run_id, id, step, attempt, name, media_type, size, sha256, body)
        values ($1, $2, $3::int, $4::int, $5, $6, $7, $8, $9) on conflict do nothing
        """
    )
}

extension RunQueries {
    /// The artifacts of a run in the order in which they were kept.
    public func artifacts(of run: RunID) throws(StoreError) -> [KeptArtifact] {
        try reading { try connection.query(Self.artifacts, [.uuid(run.uuid)]).map(Self.artifact) }
    }

    /// The media type and the content of an artifact; nil if the run has none of that id.
    public func artifact(_ id: String, of run: RunID) throws(StoreError) -> (KeptArtifact, [UInt8])? {
        guard let kept = try artifacts(of: run).first(where: { $0.artifact.id == id }) else { return nil }
        let bytes = try reading {
            try connection.query(Self.artifactBody, [.uuid(run.uuid), .text(id)]).map { try $0.bytes(1) }
        }
        return bytes.first.map { (kept, $0) }
    }

    private static let artifacts = PostgresStatement(
        "run_artifacts",
        """
        select id, step, attempt, kept_at, name, media_type, size, sha256 from artifact
        where run_id = $1 order by kept_at, id
        """
    )

    static let artifactBody = PostgresStatement(
        "artifact_body",
        "select media_type, body from artifact where run_id = $1 and id = $2"
    )

    private static func artifact(_ row: PostgresRow) throws -> KeptArtifact {
        KeptArtifact(
            step: Int(try row.int32(1)),
            attempt: Int(try row.int32(2)),
            at: try row.timestamp(3),
            artifact: Artifact(
                id: try row.text(0),
                name: try row.text(4),
                mediaType: try row.text(5),
                size: Int(try row.int64(6)),
                sha256: try row.text(7)
            )
        )
    }
}

import Executors
import Linux
import Postgres
import Scheduler

/// Artifacts in the database, over a connection for each: they are rare, and large beside it.
struct DatabaseArtifacts: ArtifactStore {
    let database: PostgresConfiguration

    func keep(_ artifact: Artifact, _ bytes: [UInt8], of order: AttemptOrder) throws {
        let store = try PostgresStore.open(database)
        defer { store.close() }
        CrashPoint.pass("artifacts.before-keeping")
        try store.keep(artifact, bytes, of: order)
        CrashPoint.pass("artifacts.after-keeping")
    }

    func content(of id: String, in run: RunID) throws -> [UInt8]? {
        let store = try PostgresStore.open(database)
        defer { store.close() }
        return try store.artifact(id, of: run)
    }
}

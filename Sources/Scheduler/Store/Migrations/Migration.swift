import Linux

/// One step from a version of the database to the next; once released it never changes.
struct Migration: Sendable {
    /// From 1, without gaps.
    let number: Int
    let name: String
    let sql: String

    /// SHA-256 of the SQL, by which a migration that was altered later is found out.
    var checksum: String { SHA256.hexadecimal(Array(sql.utf8)) }

    static let all: [Migration] = [
        initial,
        endings,
        access,
        signals,
        admission,
        schedules,
        schedulePauses,
        family,
        queues,
        artifacts,
        batches,
        imports,
        lostTasks,
        revivals,
        rollups,
        callKeys,
        freezes,
        keptRuns,
        checks,
        lists,
    ]
}

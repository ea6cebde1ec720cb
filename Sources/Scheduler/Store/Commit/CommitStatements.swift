import Postgres

/// The statements that a connection's batches were written with, by shape; the one not used for longest goes.
struct CommitStatements {
    /// Each that is kept prepared takes the server 1.3 MB, for its plan above all.
    ///
    /// A server with all kinds of runs has used some 30.
    static let capacity = 64

    private var kept: [CommitShape: (statement: CommitStatement, use: Int)] = [:]
    private var uses = 0

    /// The statement for batches of a shape, and one that the connection had better forget for it.
    mutating func statement(of shape: CommitShape) -> (CommitStatement, surplus: PostgresStatement?) {
        uses += 1
        if let known = kept[shape]?.statement {
            kept[shape]?.use = uses
            return (known, nil)
        }
        let oldest = kept.count < Self.capacity ? nil : kept.min { $0.value.use < $1.value.use }
        if let oldest { kept[oldest.key] = nil }
        let new = CommitStatement(shape)
        kept[shape] = (new, uses)
        return (new, oldest?.value.statement.statement)
    }
}

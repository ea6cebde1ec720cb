extension Migration {
    /// Live streams ask which runs ended since a time; rows come nearly in that order, so block ranges do.
    static let endings = Migration(
        number: 2,
        name: "endings by time",
        sql: "create index run_end_at on run_end using brin (ended_at) with (autosummarize = on);"
    )
}

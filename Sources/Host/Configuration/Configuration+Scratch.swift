import Linux

extension Configuration {
    /// Where steps get their private folders: as set, or a folder of this user's own among temporary files.
    ///
    /// Never a folder shared with others: what is left there of processes that are gone is removed.
    var scratchFolder: String {
        self[.scratchFolder] ?? Self.defaultScratchFolder
    }

    static var defaultScratchFolder: String {
        "\(ThisProcess.environment("TMPDIR") ?? "/tmp")/pawl-\(ThisProcess.userID)"
    }
}

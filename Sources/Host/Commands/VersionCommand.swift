/// The command `pawl version`.
enum VersionCommand {
    static let command = Command(["version"], "Print the release") { _ in
        Output.line("pawl \(Release.version)")
        return .ok
    }
}

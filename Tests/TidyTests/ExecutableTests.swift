import Linux
import Testing

@Suite("Every plugin can be started")
struct ExecutableTests {
    private static let manifests = Tree.current.files.filter { $0.name == "plugin.yaml" }

    @Test("what a manifest executes is there and may be run")
    func executables() {
        for manifest in Self.manifests {
            for (index, line) in manifest.lines.enumerated() {
                guard let match = line.firstMatch(of: /exec: \[(\.\/[^,\]]+)/) else { continue }
                let program = "\(Tree.current.root)/\(manifest.folder)/\(match.1)"
                if !Files.isExecutable(program) {
                    report(manifest, line: index + 1, "\(match.1) cannot be run")
                }
            }
        }
    }

    @Test("a shared plugin has a page of its own")
    func pages() {
        for manifest in Self.manifests where manifest.isIn("plugins") {
            if !Tree.current.has(manifest.folder + "/README.md") {
                report(manifest, "has no README.md beside it")
            }
        }
    }
}

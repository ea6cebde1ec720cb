import Testing

@Suite("Imports follow the arrows of ARCHITECTURE.md")
struct ImportTests {
    /// What each module may import of ours; nothing points back.
    private static let arrows: [String: Set<String>] = [
        "Host": [
            "Scheduler", "Executors", "Sandbox", "Development", "HTTP", "JSON", "JSONata", "JSONSchema",
            "YAML", "Postgres", "Redis", "Linux", "OTLP", "Assets", "Cron", "Wording", "Glibc",
        ],
        "Host/Executors": [
            "Scheduler", "Sandbox", "JSON", "JSONSchema", "YAML", "Linux", "Wording", "Glibc",
        ],
        "Simulation": ["Scheduler", "JSON", "Linux", "Glibc"],
        "Scheduler": [
            "Cron", "JSON", "JSONata", "JSONSchema", "YAML", "Postgres", "Redis", "Linux", "Wording",
        ],
        "Cron": ["Linux"],
        "Sandbox": ["JSON", "Linux", "Glibc"],
        "Development": ["Postgres", "Redis", "Linux", "Glibc"],
        "JSONata": ["JSON", "PCRE", "Glibc"],
        "JSONSchema": ["JSON", "PCRE", "Wording"],
        "Wording": [],
        "Bindings/JSON": ["CJansson"],
        "Bindings/Postgres": ["CPQ", "Linux"],
        "Bindings/Redis": ["CHiredis", "Linux"],
        "Bindings/HTTP": ["CMicrohttpd", "Linux"],
        "Bindings/YAML": ["CYAML", "JSON"],
        "Bindings/PCRE": ["CPCRE2"],
        "Bindings/OTLP": ["CCurl"],
        "Bindings/Linux": ["CLinux"],
        "Bindings/Assets": ["CDashboard"],
    ]

    /// Of the system: of Foundation only its essentials; the C library only where processes are
    /// dealt with, or functions of numbers.
    private static let everywhere: Set<String> = ["Synchronization", "FoundationEssentials"]

    @Test("a module imports only what is below it", arguments: arrows.keys.sorted())
    func arrowsHold(module: String) throws {
        var allowed = try #require(Self.arrows[module]).union(Self.everywhere)
        if module.hasPrefix("Bindings/") { allowed.insert("Glibc") }
        for file in Tree.current.files where file.isIn("Sources/" + module) && file.ends(in: "swift") {
            for (line, name) in Self.imports(of: file) where !allowed.contains(name) {
                report(file, line: line, "\(module) must not import \(name)")
            }
        }
    }

    @Test("every module has its arrows")
    func everyModuleIsKnown() {
        for file in Tree.current.files where file.isIn("Sources") && file.ends(in: "swift") {
            if !Self.arrows.keys.contains(where: { file.isIn("Sources/" + $0) }) {
                report(file, "its module has no arrows in ImportTests")
            }
        }
    }

    @Test("a plugin imports nothing of ours")
    func pluginsStandAlone() {
        let ours = Set(Self.arrows.keys.compactMap { $0.split(separator: "/").last.map(String.init) })
        for file in Tree.current.files where file.isIn("plugins", "examples") && file.ends(in: "swift") {
            for (line, name) in Self.imports(of: file) where ours.contains(name) {
                report(file, line: line, "a plugin speaks the protocol and must not import \(name)")
            }
        }
    }

    /// The lines and names of a file's imports.
    private static func imports(of file: TextFile) -> [(line: Int, name: String)] {
        file.lines.enumerated().filter { $1.contains("import ") }.compactMap { index, line in
            line.firstMatch(of: /^(?:[@a-z()]+ )*import (?:(?:struct|enum|class|func|protocol|var) )?(\w+)/)
                .map { (index + 1, String($0.1)) }
        }
    }
}

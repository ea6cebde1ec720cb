import Linux
import Testing

@Suite("What is packaged fits the program")
struct PackagingTests {
    private static let files = Tree.current.files.filter { $0.isIn("packaging") }
    private static let units = files.filter { $0.ends(in: "service") }

    @Test("units and containers set what are settings, and run what are commands")
    func names() throws {
        let commands = try Set(ReferenceTests.commands().map { $0.joined(separator: " ") })
        #expect(Self.units.count == 3)
        for file in Self.files where !file.isIn("packaging/debian") && !file.ends(in: "1") {
            for match in file.text.matches(of: /\b((?:PAWL|OTEL)_[A-Z_]+|DATABASE_URL|REDIS_URL)\b/) {
                let name = String(match.1)
                #expect(ReferenceTests.variables.contains(name), "\(file.path): \(name)")
            }
            for match in file.text.matches(of: /(?:\/usr\/bin\/pawl |command: \[|CMD \[")([a-z]+)(?:"?\]|\n)/)
            {
                #expect(commands.contains(String(match.1)), "\(file.path): pawl \(match.1)")
            }
        }
    }

    @Test("systemd has nothing to say of the units", .enabled(if: Files.exists("/usr/bin/systemd-analyze")))
    func systemd() throws {
        let folder = "/tmp/pawl-units-\(ThisProcess.id)"
        try Files.makeFolder(folder)
        defer { try? Files.removeTree(folder) }
        for unit in Self.units {
            // The program and its manual are not installed here.
            let text = try unit.text.replacing("/usr/bin/pawl", with: ReferenceTests.pawl.get())
                .replacing("Documentation=man:pawl(1)\n", with: "")
            try Files.write("\(folder)/\(unit.name)", Array(text.utf8))
            let (status, output) = try Program.run(
                "/usr/bin/systemd-analyze",
                ["verify", "\(folder)/\(unit.name)"]
            )
            #expect(status == .exited(0) && output.isEmpty, "\(unit.path): \(output)")
        }
    }
}

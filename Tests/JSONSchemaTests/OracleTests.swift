import Glibc
import JSON
import JSONSchema
import Linux
import TestSupport
import Testing

@Suite("Verdicts agree with another implementation")
struct OracleTests {
    /// `ORACLE_SEED` and `ORACLE_CASES` repeat or widen a run.
    static let seed =
        ThisProcess.environment("ORACLE_SEED").flatMap { UInt64($0) } ?? .random(in: 0..<1_000_000)
    static let cases = ThisProcess.environment("ORACLE_CASES").flatMap { Int($0) } ?? 500

    @Test("random schemas and values are judged as PyPI's jsonschema judges them", .timeLimit(.minutes(2)))
    func random() throws {
        let folder = "/tmp/pawl-oracle-\(ThisProcess.id)"
        let (input, report) = ("\(folder)/cases", "\(folder)/report")
        try Files.makeFolders(folder)
        defer {
            for path in [input, report] { try? Files.removeFile(path) }
            try? Files.removeFolder(folder)
        }
        try Files.write(input, Array(try Self.lines().utf8))
        let status = try oracle(input: input, report: report)
        let output = String(decoding: try Files.read(report), as: UTF8.self)
        print("jsonschema oracle, seed \(Self.seed): \(output.split(separator: "\n").last ?? "")")
        guard status != .exited(75) else { return print("skipped: jsonschema cannot be installed here") }
        #expect(status == .exited(0), "seed \(Self.seed)\n\(output)")
    }

    private static func lines() throws -> String {
        var generator = RandomSchema(random: SeededGenerator(seed: seed))
        var lines = ""
        var made = 0
        while made < cases {
            let document = generator.schema()
            // References may lead a random schema back to itself for the same value.
            guard let schema = try? Schema.compile(document) else { continue }
            let values = (0..<8).map { _ in generator.value() }
            let verdicts = values.map { JSONValue.object(["value": $0, "valid": .bool(schema.accepts($0))]) }
            for value in values { #expect(schema.accepts(value) == schema.violations(of: value).isEmpty) }
            lines += JSONValue.object(["schema": document, "values": .array(verdicts)]).serialized() + "\n"
            made += 1
        }
        return lines
    }

    private func oracle(input: String, report: String) throws -> Child.Status {
        let script =
            #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
            + "/Fixtures/jsonschema/oracle.py"
        let stdin = try Files.open(input, O_RDONLY)
        try Files.write(report, [])
        let stdout = try Files.open(report, O_WRONLY)
        let spawn = ProcessSpawn(
            path: "/usr/bin/env",
            arguments: ["env", "python3", script],
            environment: ThisProcess.environment().map { "\($0)=\($1)" },
            descriptors: [(stdin.number, 0), (stdout.number, 1), (stdout.number, 2)]
        )
        return try spawn.start().wait().0
    }
}

import JSON
import Linux
import Scheduler
import YAML

/// The golden tests of a plugin's folder.
public struct GoldenSuite: Sendable {
    public var tests: [GoldenTest] = []
    /// What is wrong with the files, `path:line:column: …`.
    public var problems: [String] = []
    private let folder: String

    public struct Result: Sendable {
        public var test: GoldenTest
        public var trial: Trial
        public var differences: [String]
        public var passed: Bool { differences.isEmpty }
        public var seconds: Double {
            (trial.report.receipt?["wall_ms"]?.doubleValue ?? 0) / 1_000
        }
    }

    /// Reads `tests/*.yaml` in the folder of a plugin; only those whose name holds `filter`.
    public init(folder: String, filter: String? = nil) {
        self.folder = folder
        let names = (try? Files.names(in: "\(folder)/tests")) ?? []
        for name in names where name.hasSuffix(".yaml") {
            if let filter, !name.dropLast(".yaml".count).contains(filter) { continue }
            let path = "\(folder)/tests/\(name)"
            let diagnostics = Diagnostics()
            if let test = GoldenTest.read(path, diagnostics) { tests.append(test) }
            problems += diagnostics.all.map { "\(path):\($0)" }
        }
    }

    public func run(_ test: GoldenTest, in harness: Harness) -> Result {
        do throws(StepError) {
            let name = test.action.map { "\(folder)/\($0)" } ?? folder
            let reference = try PluginReference(name, folders: [])
            let secrets = GivenSecrets(test.secrets, folder: nil)
            let trial = harness.run(reference, test.input, secrets: secrets, test.wishes)
            return Result(test: test, trial: trial, differences: test.differences(from: trial))
        } catch {
            let trial = Trial(refused: error)
            return Result(test: test, trial: trial, differences: test.differences(from: trial))
        }
    }
}

extension GoldenTest {
    /// Writes what came as what is expected, in the place of what was; the rest of the file stays.
    public func update(from trial: Trial) throws {
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        let root = try YAMLNode.parse(text)
        let (key, value) = Self.expectation(of: trial)
        let entries = root.mapping ?? []
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last == "" { lines.removeLast() }
        for (index, entry) in entries.enumerated().reversed()
        where ["output", "error", "status"].contains(entry.key) {
            let first = entry.keyMark.line - 1
            let end = index + 1 < entries.count ? entries[index + 1].keyMark.line - 1 : lines.count
            lines.removeSubrange(first..<end)
        }
        let written = value.pretty().replacing("\n", with: "\n  ")
        lines.append("\(key): \(written)")
        try Files.writeAtomically(path, Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    /// What a test expects for things to be as they came.
    static func expectation(of trial: Trial) -> (key: String, value: JSONValue) {
        switch (trial.status, trial.error) {
        case (.failed, let error?):
            ("error", ["type": .string(error.type), "message": .string(error.message)])
        case (.snoozed, _), (.deferred, _): ("status", .string(trial.status.rawValue))
        default: ("output", trial.output ?? .null)
        }
    }
}

/// Test results as other tools read them: JUnit's XML.
public enum JUnitReport {
    public static func text(_ results: [GoldenSuite.Result], suite: String) -> String {
        let failed = results.filter { !$0.passed }.count
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuite name=\"\(escaped(suite))\" tests=\"\(results.count)\" failures=\"\(failed)\">",
        ]
        for result in results {
            let name = escaped(result.test.name)
            let head =
                "  <testcase classname=\"\(escaped(suite))\" name=\"\(name)\" time=\"\(result.seconds)\""
            if result.passed {
                lines.append(head + "/>")
            } else {
                let message = escaped(result.differences.joined(separator: "\n"))
                lines += [head + ">", "    <failure>\(message)</failure>", "  </testcase>"]
            }
        }
        return (lines + ["</testsuite>", ""]).joined(separator: "\n")
    }

    /// Characters that XML 1.0 has no way to write become question marks.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

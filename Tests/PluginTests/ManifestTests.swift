import JSON
import Linux
import TestSupport
import Testing
import YAML

@Suite("What the manifests say is true")
struct ManifestTests {
    /// An example of an action, as its manifest has it.
    struct Example: Sendable, CustomTestStringConvertible {
        var command: [String]
        var name: String
        var input: JSONValue
        var output: JSONValue

        var testDescription: String { "\(command.joined(separator: " ")): \(name)" }
    }

    @Test("an example gives its output, and the same again under the same key", arguments: try examples())
    func example(_ example: Example) throws {
        try compilePricing()
        let prompt = try Prompt.shop().with(key: "run/step")
        let first = try prompt.run(example.command, example.input)
        #expect(first.status == 0, "\(first.log)")
        #expect(first.output?.contains(example.output) == true, "\(String(describing: first.output))")
        #expect(try prompt.run(example.command, example.input).output == first.output)
    }

    @Test(
        "an example's copy of a file of plugins/lib is that file",
        arguments: [("sh", "pawl.sh"), ("python", "pawl.py"), ("node", "pawl.js")]
    )
    func copies(language: String, file: String) throws {
        let original = try Files.read("\(Prompt.root)/plugins/lib/\(file)")
        let copy = try Files.read("\(Prompt.root)/examples/helpers/plugins/tally-\(language)/\(file)")
        #expect(copy == original)
    }

    /// The examples that tell their output.
    private static func examples() throws -> [Example] {
        let folders = ["plugins"] + ["order-fulfilment", "etl", "helpers"].map { "examples/\($0)/plugins" }
        return try folders.flatMap { folder in
            try Files.names(in: "\(Prompt.root)/\(folder)")
                .filter { Files.exists("\(Prompt.root)/\(folder)/\($0)/plugin.yaml") }
                .flatMap { try examples(of: "\(folder)/\($0)") }
        }
    }

    private static func examples(of plugin: String) throws -> [Example] {
        let manifest = try YAMLNode.parse(Files.read("\(Prompt.root)/\(plugin)/plugin.yaml")).json
        let actions = try #require(manifest["actions"]?.objectValue)
        return actions.flatMap { _, action -> [Example] in
            var command = action["exec"]?.arrayValue?.compactMap(\.stringValue) ?? []
            command[0] = plugin + command[0].dropFirst()
            return (action["examples"]?.arrayValue ?? []).compactMap { example in
                guard let input = example["input"], let output = example["output"] else { return nil }
                let name = example["name"]?.stringValue ?? ""
                return Example(command: command, name: name, input: input, output: output)
            }
        }
    }
}

/// `make build` compiles it; a bare `swift test` finds it compiled as well.
func compilePricing() throws {
    let make = ProcessSpawn(
        path: "/usr/bin/make",
        arguments: ["make", "--silent", "-C", "\(Prompt.root)/examples/order-fulfilment/plugins/pricing"],
        environment: ["PATH=\(ThisProcess.environment("PATH") ?? "")"]
    )
    #expect(try make.start().wait().0 == .exited(0))
}

import JSON
import TestSupport
import Testing

@Suite("Large payloads")
struct APILargePayloadTests {
    /// A step that prints a text of so many bytes, and one that is given how long it was.
    private static func workflow(_ name: String, bytes: Int, limit: String) -> String {
        """
        name: \(name)
        steps:
          - id: make
            limits: { output: \(limit) }
            capture: json
            run: python3 -c "print('\\"' + 'x' * \(bytes) + '\\"')"
          - id: count
            set: "${ $length(steps.make.output) }"
        output: "${ steps.count.output }"
        """
    }

    @Test("an output beyond 256 KiB, and up to its limit, is kept whole", arguments: [300_000, 20_000_000])
    func outputs(bytes: Int) async throws {
        try await APIFixture.serve { api in
            let run = try api.run(Self.workflow("large-\(bytes)", bytes: bytes, limit: "64MiB"))
            #expect(run["output"]?.integerValue == Int64(bytes), "\(run["error"]?.serialized() ?? "")")
        }
    }

    @Test("an input beyond 256 KiB goes through a run to its program whole")
    func inputs() async throws {
        try await APIFixture.serve { api in
            let workflow = """
                name: large-input
                steps:
                  - id: count
                    with: { text: "${ input.text }" }
                    capture: json
                    run: python3 -c "import json, sys; print(len(json.load(sys.stdin)['text']))"
                output: "${ steps.count.output }"
                """
            let text = String(repeating: "é", count: 1_000_000)
            let run = try api.run(workflow, input: ["text": .string(text)])
            #expect(run["output"] == 1_000_000, "\(run["error"]?.serialized() ?? "")")
        }
    }

    @Test("beyond its limit it is OutputLimit, and nothing of it is kept")
    func refused() async throws {
        try await APIFixture.serve { api in
            let over = try api.run(Self.workflow("over-the-limit", bytes: 4 << 20, limit: "4MiB"))
            #expect(over["error"]?["type"] == "OutputLimit", "\(over["error"]?.serialized() ?? "")")
            let given = try api.run(
                """
                name: too-large-an-input
                steps:
                  - id: make
                    limits: { output: 64MiB }
                    run: head -c 5000000 /dev/zero | tr '\\0' x
                  - id: take
                    with: { text: "${ steps.make.output }" }
                    run: cat > /dev/null
                """
            )
            #expect(given["error"]?["type"] == "OutputLimit", "\(given["error"]?.serialized() ?? "")")
        }
    }
}

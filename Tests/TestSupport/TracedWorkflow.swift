import JSON
import Linux

/// A trace of a scientific workflow (WfInstances) as a workflow whose steps compute its digest.
///
/// A step's output is the SHA-256 of its id and its parents' outputs, so that only an engine which runs each
/// step once, after its parents, and hands their outputs on, arrives at the digest.
public struct TracedWorkflow: Sendable, CustomStringConvertible {
    private struct Task: Sendable {
        var id: String
        var parents: [String]
    }

    /// As in the collection, `pegasus/montage/…`.
    public let description: String
    /// What the run is to arrive at.
    public let expected: String
    private let tasks: [Task]
    /// The id of the step of each task: the ids of the traces are not ours.
    private let steps: [String: String]

    public var count: Int { tasks.count }
    /// The name of the workflow.
    public var name: String { "trace-\(expected.prefix(12))" }

    private init(_ json: JSONValue) {
        description = json["name"]?.stringValue ?? ""
        expected = json["expected_digest"]?.stringValue ?? ""
        let tasks = (json["tasks"]?.arrayValue ?? []).map { task in
            Task(
                id: task["id"]?.stringValue ?? "",
                parents: (task["parents"]?.arrayValue ?? []).compactMap(\.stringValue).sorted()
            )
        }
        self.tasks = tasks
        steps = Dictionary(tasks.enumerated().map { ($1.id, "s\($0)") }) { $1 }
    }

    /// All of `Tests/Fixtures/wfinstances`.
    public static func all() throws -> [TracedWorkflow] {
        let path = "\(TestPrograms.repository)/Tests/Fixtures/wfinstances/instances.jsonl"
        return try Files.read(path).split(separator: UInt8(ascii: "\n")).map {
            TracedWorkflow(try JSONValue.parse(Array($0)))
        }
    }

    /// Its definition.
    public var yaml: String {
        "name: \(name)\nsteps:\n" + tasks.map { "  - \(step($0).serialized())\n" }.joined()
    }

    private func step(_ task: Task) -> JSONValue {
        let parents = task.parents.compactMap { steps[$0] }
        return [
            "id": .string(steps[task.id] ?? ""),
            "needs": .array(parents.map { .string($0) }),
            "run": .string(Self.script),
            "with": [
                "id": .string(task.id),
                "parents": .array(parents.map { .string("${ steps.\($0).output }") }),
            ],
        ]
    }

    private static let script =
        #"jq -j '.id + "\n" + (.parents | join("\n"))' | sha256sum | cut -d ' ' -f 1"#

    /// The digest that the steps of a run amount to, as the API lists them.
    public func digest(of listed: [JSONValue]) -> String {
        var outputs: [String: String] = [:]
        for step in listed { outputs[step["path"]?.stringValue ?? ""] = step["output"]?.stringValue }
        let lines = tasks.map(\.id).sorted().map { "\($0) \(outputs[steps[$0] ?? ""] ?? "")\n" }
        return SHA256.hexadecimal(Array(lines.joined().utf8))
    }
}

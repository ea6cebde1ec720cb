import JSON
import Linux
import TestSupport
import Testing

/// Runs a plugin's program the way a person does at a prompt: JSON in, JSON out, an exit status.
struct Prompt: Sendable {
    /// How a program answered.
    struct Answer: Sendable {
        var status: Int32
        /// The document on stdout; nil when there is none.
        var output: JSONValue?
        var log: String
    }

    /// The repository on this machine.
    static let root = String(#filePath.dropLast("/Tests/PluginTests/Prompt.swift".count))

    /// Variables beside `PATH`.
    var environment: [String: String] = [:]

    /// A prompt in front of a shop whose books are empty.
    static func shop() throws -> Prompt { Prompt(environment: ["SHOP_STATE": try TestServers.folder()]) }

    /// The same with a key: the variables that the engine would set.
    func with(key: String? = nil, stepKey: String? = nil) -> Prompt {
        var copy = self
        copy.environment["PAWL_IDEMPOTENCY_KEY"] = key
        copy.environment["PAWL_STEP_KEY"] = stepKey
        return copy
    }

    /// Runs a command, its program relative to the repository, and waits for its end.
    func run(_ command: [String], _ input: JSONValue = [:]) throws -> Answer {
        let standardInput = try Descriptor.memory(named: "stdin")
        let standardOutput = try Descriptor.memory(named: "stdout")
        let standardError = try Descriptor.memory(named: "stderr")
        try standardInput.write(input.bytes())
        try standardInput.seek(to: 0)
        var variables = environment
        variables["PATH"] = ThisProcess.environment("PATH")
        let child = try ProcessSpawn(
            path: "\(Self.root)/\(command[0])",
            arguments: command,
            environment: variables.map { "\($0.key)=\($0.value)" },
            directory: TestServers.folder(),
            descriptors: [(standardInput.number, 0), (standardOutput.number, 1), (standardError.number, 2)]
        ).start()
        let status = try child.wait().0
        guard case .exited(let code) = status else { throw Ended(status: status) }
        let output = try text(of: standardOutput)
        return Answer(
            status: code,
            output: output.isEmpty ? nil : try JSONValue.parse(output),
            log: try text(of: standardError)
        )
    }

    private func text(of stream: borrowing Descriptor) throws -> String {
        try stream.seek(to: 0)
        return String(decoding: try stream.readToEnd(), as: UTF8.self)
    }

    /// The program did not exit.
    struct Ended: Error {
        var status: Child.Status
    }
}

extension JSONValue {
    /// Whether all that `expected` has is here as well; an object may have more.
    func contains(_ expected: JSONValue) -> Bool {
        guard case .object(let wanted) = expected, case .object(let members) = self else {
            return self == expected
        }
        return wanted.allSatisfy { key, value in members[key]?.contains(value) ?? false }
    }
}

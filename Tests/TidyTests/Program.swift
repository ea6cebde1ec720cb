import Linux

/// A program and what it printed.
enum Program {
    /// Runs a program in the root of the tree and waits for its end; the output is stdout and stderr
    /// together.
    static func run(_ path: String, _ arguments: [String]) throws -> (status: Child.Status, output: String) {
        let output = try Descriptor.memory(named: "output")
        let child = try ProcessSpawn(
            path: path,
            arguments: [path] + arguments,
            environment: ThisProcess.environment().map { "\($0.key)=\($0.value)" },
            directory: Tree.current.root,
            descriptors: [(output.number, 1), (output.number, 2)]
        ).start()
        let status = try child.wait().0
        try output.seek(to: 0)
        return (status, String(decoding: try output.readToEnd(), as: UTF8.self))
    }
}

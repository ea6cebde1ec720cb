import JSON
import Linux
import Scheduler
import Testing

/// A definition under test, and what the compiler says of it.
struct Definition {
    var text: String

    var compilation: Compilation { DefinitionCompiler.compile(text) }

    /// The diagnostics as compilers write them, `line:column: error: …`.
    var messages: [String] { compilation.diagnostics.map(\.description) }

    /// The compiled form of a text that must be free of errors and warnings.
    func compiled(sourceLocation: SourceLocation = #_sourceLocation) throws -> CompiledWorkflow {
        let compilation = compilation
        #expect(compilation.diagnostics == [], sourceLocation: sourceLocation)
        return try #require(compilation.workflow, sourceLocation: sourceLocation)
    }
}

extension Definition {
    /// A workflow around the YAML of its steps.
    static func steps(_ steps: String) -> Definition {
        Definition(text: "name: test\nsteps:\n" + steps.indented(2) + "\n")
    }

    /// A workflow of one step `a` with the given keys, from line 4 on.
    static func step(_ keys: String) -> Definition {
        steps("- id: a\n" + keys.indented(2))
    }

    /// A file below the root of the repository.
    static func file(_ path: String) throws -> Definition {
        Definition(text: String(decoding: try Files.read(root + "/" + path), as: UTF8.self))
    }

    static let root = String(#filePath.dropLast("/Tests/SchedulerTests/DefinitionSupport.swift".count))
}

extension CompiledWorkflow {
    func index(of id: String) throws -> Int {
        try #require(nodes.firstIndex { $0.id == id && $0.role == .step }, "no step \(id)")
    }

    func node(_ id: String) throws -> NodeSpec {
        nodes[try index(of: id)]
    }

    /// The ids of the steps that a step waits for.
    func needs(_ id: String) throws -> [String] {
        try node(id).needs.map { nodes[$0].id }
    }
}

extension String {
    func indented(_ spaces: Int) -> String {
        let margin = String(repeating: " ", count: spaces)
        return split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : margin + $0 }.joined(separator: "\n")
    }
}

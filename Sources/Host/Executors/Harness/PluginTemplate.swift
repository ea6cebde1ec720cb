import JSON
import Linux
import Scheduler

/// A language that `pawl plugin new` knows.
public enum PluginLanguage: String, Sendable, CaseIterable {
    case sh, python, node, swift, c, perl

    /// The file that a person edits.
    var source: String {
        switch self {
        case .sh: "greet.sh"
        case .python: "greet.py"
        case .node: "greet.mjs"
        case .swift: "greet.swift"
        case .c: "greet.c"
        case .perl: "greet.pl"
        }
    }

    /// The command line that makes the program; nil for a script.
    var compilation: String? {
        switch self {
        case .swift: "swiftc -O -o greet greet.swift"
        case .c: "cc -O2 -Wall -o greet greet.c"
        default: nil
        }
    }

    var program: String { compilation == nil ? source : "greet" }
}

/// A new plugin: a program that works, its manifest, and a golden test that passes.
public struct PluginTemplate {
    public let name: String
    public let language: PluginLanguage

    public init(name: String, language: PluginLanguage) {
        self.name = name
        self.language = language
    }

    /// Writes the files into a new folder, and compiles the program where it has to be.
    ///
    /// - Throws: what the file system says, or what the compiler was.
    public func write(to folder: String) throws {
        try Files.makeFolder(folder)
        try Files.makeFolder("\(folder)/tests")
        let isScript = language.compilation == nil
        let text = PluginSources.text(of: language)
        try Files.write("\(folder)/\(language.source)", Array(text.utf8), mode: isScript ? 0o755 : 0o644)
        try Files.write("\(folder)/plugin.yaml", Array(manifest.utf8))
        try Files.write("\(folder)/tests/ada.yaml", Array(Self.test.utf8))
        try Files.write("\(folder)/README.md", Array(readme.utf8))
        guard let compilation = language.compilation else { return }
        let makefile = "greet: \(language.source)\n\t\(compilation)\n"
        try Files.write("\(folder)/Makefile", Array(makefile.utf8))
        try Self.compile(compilation, in: folder)
    }

    /// - Throws: `CompilationFailure` if the compiler is missing or fails; its messages are on stderr.
    private static func compile(_ command: String, in folder: String) throws {
        let environment = ThisProcess.environment().map { "\($0)=\($1)" }
        let spawn = ProcessSpawn(
            path: "/bin/sh",
            arguments: ["sh", "-c", "cd \"$1\" && exec \(command)", "sh", folder],
            environment: environment,
            descriptors: [(2, 1), (2, 2)]
        )
        guard try spawn.start().wait().0 == .exited(0) else { throw CompilationFailure(command: command) }
    }

    /// A program that could not be made.
    public struct CompilationFailure: Error, CustomStringConvertible {
        public var command: String
        public var description: String { "`\(command)` failed; the files are there: fix it and run make" }
    }

    private var manifest: String {
        """
        name: \(name)
        version: 0.1.0
        protocol: 1
        actions:
          run:
            summary: Greet somebody
            exec: [./\(language.program)]
            input:
              type: object
              required: [name]
              properties:
                name: \(nameSchema)
            output:
              type: object
              required: [greeting]
              properties: { greeting: { type: string } }
            timeout: 30s
            grace: 5s
            examples:
              - name: ada
                input: { name: Ada }
                output: { greeting: "Hello, Ada!" }

        """
    }

    /// Without a parser at hand, only names that JSON writes as they are.
    private var nameSchema: String {
        switch language {
        case .sh, .c: #"{ type: string, minLength: 1, pattern: '^[^"\\]*$' }"#
        default: "{ type: string, minLength: 1 }"
        }
    }

    private static let test = """
        action: run
        input: { name: Ada }
        exit: { code: 0 }
        output: { greeting: "Hello, Ada!" }

        """

    private var readme: String {
        """
        # \(name)

        Greets somebody. The step's input is one JSON document on stdin, its output one on stdout, and
        what goes to stderr is its log.

            echo '{"name":"Ada"}' | ./\(language.program)

        Try it as a worker runs it, run its tests, and go through the checklist:

            echo '{"name":"Ada"}' | pawl plugin run \(name)/run --input -
            pawl plugin test \(name)
            pawl plugin conformance \(name)/run

        """ + (language.compilation == nil ? "" : "\n`make` compiles it after a change.\n")
    }
}

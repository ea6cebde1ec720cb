import Linux
import Testing

/// A text file of this repository.
struct TextFile: Sendable {
    /// Relative to the root.
    let path: String
    let text: String
    let lines: [String]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        self.lines = lines.last == "" ? lines.dropLast() : lines
    }

    var name: String { String(path.split(separator: "/").last ?? "") }
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }

    func isIn(_ folders: String...) -> Bool { folders.contains { path.hasPrefix($0 + "/") } }
    func ends(in extensions: String...) -> Bool { extensions.contains { path.hasSuffix("." + $0) } }
}

/// The files of this repository, read once.
struct Tree: Sendable {
    static let current = Tree()

    /// Where the repository is on this machine.
    let root: String
    let files: [TextFile]

    /// What is built or kept by a running engine, and data of published suites.
    private static let skipped: Set<String> = [".build", ".git", ".pawl", "state", "__pycache__", "Fixtures"]

    private init() {
        root = String(#filePath.dropLast("/Tests/TidyTests/Tree.swift".count))
        files = Self.paths(below: "", root: root).compactMap { [root] path in Self.read(path, root: root) }
    }

    func file(_ path: String) throws -> TextFile {
        try #require(files.first { $0.path == path }, "there is no \(path)")
    }

    /// Whether the repository has this file or folder.
    func has(_ path: String) -> Bool { Files.exists(root + "/" + path) }

    private static func paths(below folder: String, root: String) -> [String] {
        let names = (try? Files.names(in: root + "/" + folder)) ?? []
        return names.filter { !skipped.contains($0) && $0 != "." && $0 != ".." }.flatMap { name in
            let path = folder.isEmpty ? name : folder + "/" + name
            return Files.kind(of: root + "/" + path) == .folder ? paths(below: path, root: root) : [path]
        }
    }

    /// The file's lines, or nothing for one that holds no text.
    private static func read(_ path: String, root: String) -> TextFile? {
        guard let bytes = try? Files.read(root + "/" + path), !bytes.contains(0) else { return nil }
        return TextFile(path: path, text: String(decoding: bytes, as: UTF8.self))
    }
}

/// Fails the test with the place of what is wrong, as an editor opens it.
func report(_ file: TextFile, line: Int? = nil, _ complaint: String) {
    Issue.record("\(file.path)\(line.map { ":\($0)" } ?? ""): \(complaint)")
}

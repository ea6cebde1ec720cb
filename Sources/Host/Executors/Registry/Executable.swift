import Linux

/// The file that an argument list executes, and whether it can be.
struct Executable {
    /// The arguments with absolute paths.
    var arguments: [String]
    /// The files of the plugin among them.
    var files: [String]
    /// Why it cannot be started, if so.
    var problem: String?

    /// Reads `exec` of a manifest in `folder`.
    ///
    /// A program with a slash, and an argument that starts with `./` or `../`, is relative to that folder; a
    /// program without a slash is looked up in `path`.
    init(_ exec: [String], in folder: String, path: String) {
        var words = exec
        for (index, word) in exec.enumerated() where Self.isRelative(word, isProgram: index == 0) {
            words[index] = Self.join(folder, word)
        }
        arguments = words
        let program = words.first ?? ""
        files = words.filter { $0.hasPrefix(folder + "/") && Files.kind(of: $0) != .folder }
        if program.contains("/") {
            problem = Self.problem(of: program)
        } else if Self.lookUp(program, in: path) == nil {
            problem = "\(program) is in none of the folders of PATH (\(path))"
        }
    }

    private static func isRelative(_ word: String, isProgram: Bool) -> Bool {
        if word.hasPrefix("./") || word.hasPrefix("../") { return true }
        return isProgram && word.contains("/") && !word.hasPrefix("/")
    }

    private static func join(_ folder: String, _ word: String) -> String {
        "\(folder)/\(word.hasPrefix("./") ? String(word.dropFirst(2)) : word)"
    }

    static func lookUp(_ name: String, in path: String) -> String? {
        path.split(separator: ":").map { "\($0)/\(name)" }.first(where: Files.isExecutable)
    }

    /// Why the kernel would not execute a file; nil if it would.
    static func problem(of path: String) -> String? {
        guard Files.exists(path) else { return "\(path) is missing" }
        guard Files.isExecutable(path) else { return "\(path) is not executable; chmod +x \(path)" }
        guard let head = head(of: path) else { return "\(path) cannot be read" }
        if head.starts(with: [0x7F] + Array("ELF".utf8)) { return nil }
        guard head.starts(with: Array("#!".utf8)) else {
            return "\(path) is neither a compiled program nor a script that starts with #!"
        }
        guard let interpreter = interpreter(in: head) else { return "\(path): its first line names nothing" }
        if interpreter.hasSuffix("\r") { return "\(path): its first line ends in a carriage return" }
        return Files.isExecutable(interpreter)
            ? nil : "\(path) needs \(interpreter), which cannot be executed"
    }

    private static func head(of path: String) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 256)
        guard let file = try? Files.open(path, 0), let reading = try? file.read(into: &buffer) else {
            return nil
        }
        if case .bytes(let count) = reading { return Array(buffer[..<count]) }
        return []
    }

    private static func interpreter(in head: [UInt8]) -> String? {
        let line = head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
        return String(decoding: line, as: UTF8.self).split(separator: " ").first.map(String.init)
    }
}

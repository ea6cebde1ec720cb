/// A function in Swift or C, found by its layout.
///
/// The formatter puts the closing brace under the first letter of the declaration, so that a function ends at
/// the first line that is nothing but that.
struct Function: Sendable {
    let name: String
    /// Counted from 1.
    let line: Int
    let body: ArraySlice<String>
    /// The attributes before it, on its own line or the ones above.
    let attributes: String

    var length: Int { body.count }

    static func all(in file: TextFile) -> [Function] {
        file.lines.indices.compactMap { index in
            guard let name = name(declaredIn: file.lines[index], of: file) else { return nil }
            return function(named: name, at: index, in: file.lines)
        }
    }

    private static func name(declaredIn line: String, of file: TextFile) -> String? {
        if file.ends(in: "swift") {
            guard line.contains("func ") || line.contains("init") else { return nil }
            let pattern = /^[^\/"]*\b(?:func ([^ (<]+)|(init)[?(<]|(deinit)\b)/
            guard let match = line.firstMatch(of: pattern) else { return nil }
            return String(match.1 ?? match.2 ?? match.3 ?? "")
        }
        guard let first = line.utf8.first, first != UInt8(ascii: " "),
            line.hasSuffix("{") || line.hasSuffix(",")
        else { return nil }
        return line.firstMatch(of: /^[a-z_][^;={}#\/]*?\b([a-z_0-9]+)\([^;]*$/).map { String($0.1) }
    }

    private static func function(named name: String, at start: Int, in lines: [String]) -> Function? {
        let indentation = lines[start].prefix { $0 == " " }
        guard let opening = opening(of: start, in: lines), lines[opening].hasSuffix("{") else { return nil }
        let end = lines[opening...].dropFirst().firstIndex { $0.hasPrefix(indentation + "}") } ?? opening
        return Function(
            name: name,
            line: start + 1,
            body: lines[start...end],
            attributes: attributes(above: start, in: lines)
        )
    }

    /// The line that ends in the opening brace, or has the whole body; none for a requirement of a protocol.
    private static func opening(of start: Int, in lines: [String]) -> Int? {
        for index in start..<min(start + 20, lines.count) {
            let line = lines[index]
            if line.hasSuffix("{") || line.hasSuffix("}") { return index }
            if line.allSatisfy({ $0 == " " }) || line.hasSuffix(";") { return nil }
        }
        return nil
    }

    private static func attributes(above start: Int, in lines: [String]) -> String {
        let above = lines[..<start].reversed().prefix { line in
            !line.allSatisfy { $0 == " " } && !line.hasSuffix("}") && !line.hasSuffix("{")
        }
        return above.reversed().joined(separator: "\n") + "\n" + lines[start]
    }
}

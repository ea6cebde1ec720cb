import Linux
import Testing

@Suite("The documents are true")
struct DocumentTests {
    private static let documents = Tree.current.files.filter {
        $0.ends(in: "md") && !$0.isIn("Tests/Fixtures")
    }

    @Test("every link leads somewhere")
    func links() {
        for document in Self.documents {
            for (line, text) in document.prose {
                for match in text.matches(of: /\]\(([^)\s]+)\)/) {
                    check(String(match.1), in: document, line: line)
                }
            }
        }
    }

    @Test("every make target that is named exists")
    func makeTargets() throws {
        let targets = Set(
            try Tree.current.file("Makefile").lines.compactMap { $0.firstMatch(of: /^([a-z-]+):/)?.1 }
        )
        for document in Self.documents {
            for (line, command) in document.commands {
                guard let match = command.firstMatch(of: /^(?:sudo )?make ([a-z-]+)/) else { continue }
                if !targets.contains(match.1) {
                    report(document, line: line, "there is no 'make \(match.1)'")
                }
            }
        }
    }

    @Test("every file of this tree that a command names exists")
    func commandPaths() {
        for document in Self.documents {
            for (line, command) in document.commands {
                for match in command.matches(of: /(?:^|[ @])((?:examples|plugins|scripts|docs)\/[\w.\/-]+)/) {
                    let path = String(match.1)
                    if !Tree.current.has(path) { report(document, line: line, "there is no \(path)") }
                }
            }
        }
    }

    private func check(_ link: String, in document: TextFile, line: Int) {
        if link.contains("://") || link.hasPrefix("mailto:") { return }
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].isEmpty ? document.path : resolved(String(parts[0]), from: document.folder)
        guard Tree.current.has(path) else { return report(document, line: line, "'\(link)' leads nowhere") }
        guard parts.count == 2, let target = Tree.current.files.first(where: { $0.path == path }) else {
            return
        }
        if !target.anchors.contains(String(parts[1])) {
            report(document, line: line, "\(path) has no heading '#\(parts[1])'")
        }
    }

    private func resolved(_ link: String, from folder: String) -> String {
        var parts = folder.split(separator: "/")
        for part in link.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}

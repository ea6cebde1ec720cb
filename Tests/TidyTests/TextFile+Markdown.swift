extension TextFile {
    /// The lines outside fenced code, numbered.
    var prose: [(line: Int, text: String)] { split(fenced: false) }

    /// The lines of code, fenced or indented, without the prompt, numbered.
    var commands: [(line: Int, text: String)] {
        let indented = prose.filter { $0.text.hasPrefix("    ") }
        return (split(fenced: true) + indented).map { line, text in
            (line, String(text.trimmingPrefix(/\s*(?:\$ )?/)))
        }
    }

    /// What a link can name after `#`, as code hosts derive it from headings.
    var anchors: Set<String> {
        Set(
            prose.filter { $0.text.hasPrefix("#") }.map { _, text in
                text.drop { $0 == "#" || $0 == " " }.lowercased()
                    .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                    .map { $0 == " " ? "-" : String($0) }
                    .joined()
            }
        )
    }

    private func split(fenced wanted: Bool) -> [(line: Int, text: String)] {
        var isFenced = false
        var result: [(Int, String)] = []
        for (index, line) in lines.enumerated() {
            if line.trimmingPrefix(/\s*/).hasPrefix("```") {
                isFenced.toggle()
            } else if isFenced == wanted {
                result.append((index + 1, line))
            }
        }
        return result
    }
}

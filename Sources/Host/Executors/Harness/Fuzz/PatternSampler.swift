import Scheduler

/// Draws a text that a simple regular expression matches: literals, classes, groups, `|` and repetitions.
///
/// What it does not read it takes as a literal; whether the text fits is for the schema to say.
struct PatternSampler {
    private var rest: Substring.UnicodeScalarView
    /// The most repetitions where there is no bound.
    private static let repetitions = 4

    static func text(_ pattern: String, _ random: inout SplitMix64) -> String {
        var sampler = PatternSampler(rest: pattern.unicodeScalars[...])
        return sampler.alternatives(&random)
    }

    private mutating func alternatives(_ random: inout SplitMix64) -> String {
        var branches = [sequence(&random)]
        while rest.first == "|" {
            rest.removeFirst()
            branches.append(sequence(&random))
        }
        return branches[Int.random(in: 0..<branches.count, using: &random)]
    }

    private mutating func sequence(_ random: inout SplitMix64) -> String {
        var text = ""
        while let next = rest.first, next != "|", next != ")" {
            let start = rest
            var piece = atom(&random)
            let end = rest
            let count = repetition(&random)
            let after = rest
            for index in 0..<count {
                if index > 0 {
                    rest = start[start.startIndex..<end.startIndex]
                    piece = atom(&random)
                }
                text += piece
            }
            rest = after
        }
        return text
    }

    private mutating func atom(_ random: inout SplitMix64) -> String {
        switch rest.removeFirst() {
        case "^", "$": return ""
        case ".": return "x"
        case "(":
            if rest.starts(with: "?:".unicodeScalars) { rest.removeFirst(2) }
            let text = alternatives(&random)
            if rest.first == ")" { rest.removeFirst() }
            return text
        case "[": return characterClass(&random)
        case "\\": return rest.isEmpty ? "\\" : Self.escaped(rest.removeFirst(), &random)
        case let literal: return String(Character(literal))
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar, _ random: inout SplitMix64) -> String {
        switch scalar {
        case "d": String(Int.random(in: 0...9, using: &random))
        case "w": "w"
        case "s": " "
        case "n": "\n"
        case "t": "\t"
        case "b", "B": ""
        default: String(Character(scalar))
        }
    }

    /// One of the characters between brackets; of a negated class some that is not.
    private mutating func characterClass(_ random: inout SplitMix64) -> String {
        let isNegated = rest.first == "^"
        if isNegated { rest.removeFirst() }
        var choices: [Unicode.Scalar] = []
        while let scalar = rest.popFirst(), scalar != "]" {
            var first = scalar
            if scalar == "\\", let escaped = rest.popFirst() {
                first = Self.escaped(escaped, &random).unicodeScalars.first ?? escaped
            }
            if rest.first == "-", let last = rest.dropFirst().first, last != "]", last.value >= first.value {
                rest.removeFirst(2)
                choices += [first, last]
                choices += (first.value...last.value).lazy.compactMap(Unicode.Scalar.init).prefix(26)
            } else {
                choices.append(first)
            }
        }
        if isNegated {
            let other = "xé9 -_".unicodeScalars.first { !choices.contains($0) }
            return other.map { String(Character($0)) } ?? ""
        }
        guard !choices.isEmpty else { return "" }
        return String(Character(choices[Int.random(in: 0..<choices.count, using: &random)]))
    }

    private mutating func repetition(_ random: inout SplitMix64) -> Int {
        switch rest.first {
        case "*": return unbounded(from: 0, &random)
        case "+": return unbounded(from: 1, &random)
        case "?":
            rest.removeFirst()
            return Int.random(in: 0...1, using: &random)
        case "{":
            guard let end = rest.firstIndex(of: "}") else { return 1 }
            let parts = String(rest[rest.startIndex..<end]).dropFirst()
                .split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            rest = rest[rest.index(after: end)...]
            let low = parts.first.flatMap { $0 } ?? 0
            let high = parts.count == 1 ? low : parts[1] ?? low + Self.repetitions
            return Int.random(in: low...max(low, high), using: &random)
        default: return 1
        }
    }

    private mutating func unbounded(from low: Int, _ random: inout SplitMix64) -> Int {
        rest.removeFirst()
        return Int.random(in: low...(low + Self.repetitions), using: &random)
    }
}

/// Makes expressions that nobody would write out of expressions that somebody has.
struct ExpressionMutator {
    let sources: [String]
    private var state: UInt64

    init(sources: [String], seed: UInt64) {
        self.sources = sources
        state = seed
    }

    mutating func next() -> String {
        var units = Array(pick(sources).unicodeScalars)
        for _ in 0...number(below: 4) { mutate(&units) }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: units.prefix(2_000))
        return String(text)
    }

    private mutating func mutate(_ units: inout [Unicode.Scalar]) {
        let place = number(below: units.count + 1)
        switch number(below: 6) {
        case 0: units.insert(contentsOf: pick(Self.fragments).unicodeScalars, at: place)
        case 1: units.removeSubrange(place..<min(units.count, place + 1 + number(below: 4)))
        case 2:
            let other = Array(pick(sources).unicodeScalars)
            let start = number(below: other.count + 1)
            units.insert(contentsOf: other[start..<min(other.count, start + number(below: 30))], at: place)
        case 3:
            units.insert(contentsOf: units[place..<min(units.count, place + number(below: 20))], at: place)
        case 4:
            units =
                Array(pick(Self.wrappers).unicodeScalars) + units + Array(pick(Self.endings).unicodeScalars)
        default:
            guard place < units.count else { return }
            units[place] = pick(Self.fragments).unicodeScalars.first ?? " "
        }
    }

    private mutating func pick(_ choices: [String]) -> String { choices[number(below: choices.count)] }

    private mutating func number(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(max(bound, 1)))
    }

    private static let fragments = [
        "(", ")", "[", "]", "{", "}", ".", "..", "*", "**", "%", "$", "$$", "$x", "@$v", "#$i", "^(", "|",
        "~>", ":=",
        "??", "?:", "?", ":", ",", ";", "&", "-", "9007199254740993", "1e308", "1e-320", "-1", "0.5", "''",
        "\"\\u00e9\"",
        "/a+/i", "/(a|b)*c/", "true", "null", "and", "in", "function($x){$x}", "λ($a,$b)<nn:n>{$a}", "$map(",
        "$reduce(",
        "$formatNumber(", "$fromMillis(", "$toMillis(", "$formatInteger(", "$replace(", "$eval(", "$sort(",
        "$pad(",
        "[1..1000000]", "😀", "\u{0}", "`", "\\", "/*", "*/", "$string(", "$substring(", "$match(", "$split(",
    ]

    private static let wrappers = [
        "(", "[", "$string(", "$map([1..5], ", "a.b.", "-", "{'a': ", "$eval('", "$ ~> |",
    ]
    private static let endings = [
        ")", "]", "}", "[0]", ".%", "^(a)", "{'a': $}", "[]", "@$v", "#$i", " ~> $f", "|{}|", "')",
    ]
}

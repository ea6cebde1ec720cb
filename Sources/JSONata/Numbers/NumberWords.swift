/// Numbers in English words.
enum NumberWords {
    static func text(_ value: Double, isOrdinal: Bool) -> String {
        guard value.isFinite else { return NumberText.text(value) }
        return words(value, follows: false, isOrdinal)
    }

    private static func words(_ value: Double, follows: Bool, _ isOrdinal: Bool) -> String {
        switch value {
        case ..<20:
            let word = isOrdinal ? ordinals[Int(value)] : cardinals[Int(value)]
            return (follows ? " and " : "") + word
        case ..<100:
            let tens = tens[Int(value) / 10 - 2]
            let rest = value.truncatingRemainder(dividingBy: 10)
            let start = follows ? " and " : ""
            if rest > 0 { return start + tens + "-" + words(rest, follows: false, isOrdinal) }
            return start + (isOrdinal ? tens.dropLast() + "ieth" : tens)
        case ..<1000: return words(value, unit: 100, "Hundred", follows, isOrdinal)
        case ..<1e6: return words(value, unit: 1e3, "Thousand", follows, isOrdinal)
        case ..<1e9: return words(value, unit: 1e6, "Million", follows, isOrdinal)
        case ..<1e12: return words(value, unit: 1e9, "Billion", follows, isOrdinal)
        default: return words(value, unit: 1e12, "Trillion", follows, isOrdinal)
        }
    }

    private static func words(
        _ value: Double,
        unit: Double,
        _ name: String,
        _ follows: Bool,
        _ isOrdinal: Bool
    ) -> String {
        let count = (value / unit).rounded(.down)
        let rest = value - count * unit
        let text = (follows ? ", " : "") + words(count, follows: false, false) + " " + name
        guard rest > 0 else { return isOrdinal ? text + "th" : text }
        return text + words(rest, follows: true, isOrdinal)
    }

    /// The number that words mean; nil when one of them is no number.
    static func number(_ text: String) -> Double? {
        var segments: [Double] = [0]
        let parts = text.lowercased().split { $0 == " " || $0 == "-" || $0 == "," }
        guard !parts.isEmpty else { return nil }
        for part in parts where part != "and" {
            guard let value = values[String(part)] else { return nil }
            let top = segments.removeLast()
            if value >= 100 {
                segments.append(top * value)
            } else if top >= 1000 {
                segments += [top, value]
            } else {
                segments.append(top + value)
            }
        }
        return segments.reduce(0, +)
    }

    /// Every word that can be part of a number.
    static var vocabulary: [String] { values.keys.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) } }

    private static let cardinals = [
        "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven",
        "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
    ]
    private static let ordinals = [
        "Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth",
        "Tenth",
        "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth",
        "Eighteenth",
        "Nineteenth",
    ]
    private static let tens = ["Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"]

    private static let values: [String: Double] = {
        var values: [String: Double] = [:]
        for (value, word) in cardinals.enumerated() { values[word.lowercased()] = Double(value) }
        for (value, word) in ordinals.enumerated() { values[word.lowercased()] = Double(value) }
        for (index, word) in tens.enumerated() {
            values[word.lowercased()] = Double(10 * index + 20)
            values[word.lowercased().dropLast() + "ieth"] = Double(10 * index + 20)
        }
        for (word, value) in [("hundred", 1e2), ("thousand", 1e3), ("million", 1e6), ("billion", 1e9)] {
            values[word] = value
            values[word + "th"] = value
        }
        values["trillion"] = 1e12
        values["trillionth"] = 1e12
        return values
    }()
}

/// Roman numerals.
enum Roman {
    private static let numerals: [(Double, String)] = [
        (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
        (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
    ]
    private static let values: [Character: Double] = [
        "M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1,
    ]

    /// Numbers of more than a million, which would be a thousand letters, are written in digits.
    static func text(_ value: Double) -> String {
        guard value < 1e6 else { return NumberText.text(value) }
        var rest = value
        var text = ""
        for (number, numeral) in numerals {
            while rest >= number {
                text += numeral
                rest -= number
            }
        }
        return text
    }

    static func number(_ text: String) -> Double? {
        var number = 0.0
        var highest = 1.0
        for letter in text.uppercased().reversed() {
            guard let value = values[letter] else { return nil }
            if value < highest {
                number -= value
            } else {
                highest = value
                number += value
            }
        }
        return number
    }
}

/// Numbers as spreadsheets name columns: A, B, …, Z, AA.
enum Letters {
    static func text(_ value: Double, isUpper: Bool) -> String {
        let first: UInt8 = isUpper ? UInt8(ascii: "A") : UInt8(ascii: "a")
        var rest = value
        var letters: [UInt8] = []
        while rest >= 1 {
            let place = (rest - 1).truncatingRemainder(dividingBy: 26)
            letters.append(first + UInt8(place))
            rest = ((rest - 1) / 26).rounded(.down)
        }
        return String(decoding: letters.reversed(), as: UTF8.self)
    }

    static func number(_ text: String, isUpper: Bool) -> Double? {
        let first: UInt8 = isUpper ? UInt8(ascii: "A") : UInt8(ascii: "a")
        var number = 0.0
        for letter in text.utf8 {
            guard letter >= first, letter < first + 26 else { return nil }
            number = number * 26 + Double(letter - first + 1)
        }
        return number
    }
}

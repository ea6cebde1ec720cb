/// A picture of `$formatInteger` and of the numbers in dates (XPath and XQuery Functions 3.1, section 4.6).
struct IntegerPicture {
    enum LetterCase {
        case upper
        case lower
        case title
    }

    enum Style {
        case letters(LetterCase)
        case roman(LetterCase)
        case words(LetterCase)
        case decimal(DecimalPicture)
        case sequence(String)
    }

    var style: Style
    var isOrdinal = false

    init(_ picture: String) throws(ExpressionError) {
        try checkPicture(picture)
        var primary = picture[...]
        if let semicolon = picture.lastIndex(of: ";") {
            primary = picture[..<semicolon]
            isOrdinal = picture[picture.index(after: semicolon)...].first == "o"
        }
        style =
            switch primary {
            case "A": .letters(.upper)
            case "a": .letters(.lower)
            case "I": .roman(.upper)
            case "i": .roman(.lower)
            case "W": .words(.upper)
            case "w": .words(.lower)
            case "Ww": .words(.title)
            default: try DecimalPicture(primary).map { .decimal($0) } ?? .sequence(String(primary))
            }
    }

    func format(_ value: Double) throws(ExpressionError) -> String {
        let magnitude = value.magnitude
        let text: String
        switch style {
        case .letters(let letterCase): text = Letters.text(magnitude, isUpper: letterCase == .upper)
        case .roman(let letterCase):
            let numeral = Roman.text(magnitude)
            text = letterCase == .upper ? numeral.uppercased() : numeral
        case .words(let letterCase):
            let words = NumberWords.text(magnitude, isOrdinal: isOrdinal)
            text =
                letterCase == .upper ? words.uppercased() : letterCase == .lower ? words.lowercased() : words
        case .decimal(let picture):
            let digits = picture.format(magnitude)
            text = isOrdinal ? digits + Self.ordinalSuffix(NumberText.text(magnitude)) : digits
        case .sequence(let token): throw ExpressionError(.unsupportedSequence, value: .string(token))
        }
        return value < 0 ? "-" + text : text
    }

    /// The number that a text in this style means; nil when it means none.
    func parse(_ text: String) throws(ExpressionError) -> Double? {
        switch style {
        case .letters(let letterCase): return Letters.number(text, isUpper: letterCase == .upper)
        case .roman: return Roman.number(text)
        case .words: return NumberWords.number(text)
        case .decimal(let picture): return picture.parse(isOrdinal ? String(text.dropLast(2)) : text)
        case .sequence(let token): throw ExpressionError(.unsupportedSequence, value: .string(token))
        }
    }

    private static func ordinalSuffix(_ digits: String) -> String {
        if digits.dropLast().last == "1" { return "th" }
        return switch digits.last {
        case "1": "st"
        case "2": "nd"
        case "3": "rd"
        default: "th"
        }
    }
}

/// A number in digits: how many at least, of which script, separated where.
struct DecimalPicture {
    struct Separator {
        var position: Int
        var character: Character
    }

    var mandatoryDigits = 0
    var optionalDigits = 0
    var zero: UInt32 = 0x30
    var separators: [Separator] = []
    /// The distance of separators that repeat; 0 when they stand as written.
    var regularDistance = 0

    /// nil when the picture has no digit and so is no decimal picture.
    init?(_ picture: Substring) throws(ExpressionError) {
        var known: UInt32?
        for scalar in picture.unicodeScalars.reversed() {
            if let zero = Self.zeros.first(where: { ($0...$0 + 9).contains(scalar.value) }) {
                guard known ?? zero == zero else { throw ExpressionError(.mixedDigits) }
                known = zero
                mandatoryDigits += 1
            } else if scalar == "#" {
                optionalDigits += 1
            } else {
                let position = mandatoryDigits + optionalDigits
                separators.append(Separator(position: position, character: Character(scalar)))
            }
        }
        guard let known else { return nil }
        zero = known
        if separators.allSatisfy({ $0.character == separators[0].character }) {
            regularDistance = Subpicture.regularDistance(separators.map(\.position))
        }
    }

    func format(_ value: Double) -> String {
        let digits = NumberText.text(value)
        let padded = String(repeating: "0", count: max(0, mandatoryDigits - digits.count)) + digits
        var text = ""
        for (index, digit) in padded.unicodeScalars.enumerated() {
            if index > 0, let separator = separator(before: padded.count - index) { text.append(separator) }
            text.unicodeScalars.append(Unicode.Scalar(digit.value &- 0x30 &+ zero) ?? digit)
        }
        return text
    }

    private func separator(before position: Int) -> Character? {
        if regularDistance > 0 { return position % regularDistance == 0 ? separators[0].character : nil }
        return separators.first { $0.position == position }?.character
    }

    func parse(_ text: String) -> Double? {
        var digits = ""
        for scalar in text.unicodeScalars
        where !separators.contains(where: { $0.character == Character(scalar) }) {
            guard let digit = Unicode.Scalar(scalar.value &- zero &+ 0x30) else { break }
            guard ("0"..."9").contains(digit) else { break }
            digits.unicodeScalars.append(digit)
        }
        return Double(digits)
    }

    /// The zero of each script that has decimal digits.
    private static let zeros: [UInt32] = [
        0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
        0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
        0x1B50,
        0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    ]
}

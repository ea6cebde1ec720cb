/// A picture of `$fromMillis` and `$toMillis` (XPath and XQuery Functions 3.1, section 9.8.4).
struct DatePicture {
    enum Part {
        case literal(String)
        case component(Component)
    }

    struct Component {
        let specifier: Character
        var names: IntegerPicture.LetterCase?
        var number: IntegerPicture?
        var maximumWidth: Int?
        /// The digits of the year that are kept; nil for all.
        var yearDigits: Int?
        /// Whether a zone of zero is written `Z`.
        var writesZ = false
        /// How many digits to read, when the next component follows without a separator.
        var parsedDigits: Int?
    }

    static let iso8601 = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"

    private(set) var parts: [Part] = []

    init(_ picture: String) throws(ExpressionError) {
        try checkPicture(picture)
        var rest = picture[...]
        while let open = rest.firstIndex(of: "[") {
            addLiteral(rest[..<open])
            rest = rest[rest.index(after: open)...]
            if rest.first == "[" {
                parts.append(.literal("["))
                rest.removeFirst()
                continue
            }
            guard let close = rest.firstIndex(of: "]") else { throw ExpressionError(.unclosedComponent) }
            let component = try Component(rest[..<close].filter { !$0.isWhitespace })
            if component.number != nil, !"Zz".contains(component.specifier) { limitPrevious() }
            parts.append(.component(component))
            rest = rest[rest.index(after: close)...]
        }
        addLiteral(rest)
    }

    private mutating func addLiteral(_ text: Substring) {
        guard !text.isEmpty else { return }
        var literal = ""
        var isDoubled = false
        for character in text {
            isDoubled = character == "]" && literal.last == "]" && !isDoubled
            if !isDoubled { literal.append(character) }
        }
        parts.append(.literal(literal))
    }

    /// A number directly before another takes as many digits as it must have, and no more.
    private mutating func limitPrevious() {
        guard case .component(var previous)? = parts.last,
            case .decimal(let picture)? = previous.number?.style
        else { return }
        previous.parsedDigits = picture.mandatoryDigits
        parts[parts.count - 1] = .component(previous)
    }
}

extension DatePicture.Component {
    private static let defaults: [Character: String] = [
        "Y": "1", "M": "1", "D": "1", "d": "1", "F": "n", "W": "1", "w": "1", "X": "1", "x": "1", "H": "1",
        "h": "1", "P": "n", "m": "01", "s": "01", "f": "1", "Z": "01:01", "z": "01:01", "C": "n", "E": "n",
    ]

    /// Reads what stands between the brackets: specifier, presentation, width.
    init(_ marker: String) throws(ExpressionError) {
        specifier = marker.first ?? " "
        var presentation = marker.dropFirst()
        var width: (least: Int?, most: Int?) = (nil, nil)
        if let comma = marker.lastIndex(of: ",") {
            presentation = marker[..<comma].dropFirst()
            let bounds = marker[marker.index(after: comma)...].split(separator: "-", maxSplits: 1)
            width = (bounds.first.flatMap { Int($0) }, bounds.count > 1 ? Int(bounds[1]) : nil)
        }
        maximumWidth = width.most
        var modifier: Character?
        if presentation.isEmpty {
            guard let standard = Self.defaults[specifier] else {
                throw ExpressionError(.unknownComponent, value: .string(String(specifier)))
            }
            presentation = standard[...]
        } else if presentation.count > 1, let last = presentation.last, "atco".contains(last) {
            modifier = last
            presentation.removeLast()
        }
        writesZ = modifier == "t"
        switch (presentation.first, presentation.dropFirst().first) {
        case ("n", _): names = .lower
        case ("N", "n"): names = .title
        case ("N", _): names = .upper
        default: try readNumber(String(presentation), modifier, width)
        }
    }

    private mutating func readNumber(
        _ presentation: String,
        _ modifier: Character?,
        _ width: (least: Int?, most: Int?)
    ) throws(ExpressionError) {
        guard "YMDdFWwXxHhmsfZz".contains(specifier) else { return }
        guard !"Zz".contains(specifier) else {
            number = try IntegerPicture(presentation)
            return
        }
        var picture = try IntegerPicture(modifier.map { "\(presentation);\($0)" } ?? presentation)
        if case .decimal(var decimal) = picture.style {
            // Beyond some hundred digits there is nothing but zeros to write.
            decimal.mandatoryDigits = max(decimal.mandatoryDigits, min(width.least ?? 0, 400))
            if specifier == "Y", let most = width.most {
                decimal.mandatoryDigits = max(0, min(most, 400))
                yearDigits = most
            } else if specifier == "Y" {
                let digits = decimal.mandatoryDigits + decimal.optionalDigits
                yearDigits = digits >= 2 ? digits : nil
            }
            picture.style = .decimal(decimal)
        }
        number = picture
    }
}

/// The names in dates, in English.
enum CalendarNames {
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ]
    static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
}

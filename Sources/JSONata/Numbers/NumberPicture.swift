/// A picture of `$formatNumber`: one sub-picture, or one for numbers from zero on and one for those below.
struct NumberPicture {
    private let symbols: NumberSymbols
    private let positive: Subpicture
    private let negative: Subpicture

    init(_ picture: String, symbols: NumberSymbols) throws(ExpressionError) {
        try checkPicture(picture)
        let parts = picture.split(separator: symbols.separator, omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw ExpressionError(.tooManySubpictures) }
        self.symbols = symbols
        positive = try Subpicture(Array(parts[0]), symbols)
        if parts.count == 2 {
            negative = try Subpicture(Array(parts[1]), symbols)
        } else {
            var negative = positive
            negative.prefix = symbols.minus + negative.prefix
            self.negative = negative
        }
    }

    func format(_ number: Double) -> String {
        guard !number.isNaN else { return symbols.notANumber }
        let picture = number >= 0 ? positive : negative
        var mantissa = number * picture.factor
        // A percentage of a large number may be infinite where the number is not.
        guard mantissa.isFinite else { return picture.prefix + symbols.infinity + picture.suffix }
        var exponent: Int?
        if picture.exponentSize > 0 { exponent = Self.normalize(&mantissa, integerDigits: picture.scale) }
        let rounded = Rounding.round(mantissa, decimals: picture.fraction.upperBound)
        let parts = NumberText.fixed(rounded, decimals: picture.fraction.upperBound).split(separator: ".")
        var text = symbols.localized(integer(parts[0], picture))
        let fraction = fraction(parts.count > 1 ? parts[1] : "", picture)
        if picture.hasDecimal && !fraction.isEmpty { text += "\(symbols.decimal)" + fraction }
        if let exponent {
            let digits = String(exponent.magnitude)
            let zeros = String(repeating: "0", count: max(0, picture.exponentSize - digits.count))
            text +=
                "\(symbols.exponent)" + (exponent < 0 ? symbols.minus : "")
                + symbols.localized(zeros + digits)
        }
        return picture.prefix + text + picture.suffix
    }

    /// Scales a number to so many integer digits and gives the exponent taken out.
    private static func normalize(_ mantissa: inout Double, integerDigits: Int) -> Int {
        guard mantissa != 0 else { return 0 }
        var exponent = 0
        let most = power(integerDigits)
        let least = power(integerDigits - 1)
        while mantissa.magnitude < least {
            mantissa *= 10
            exponent -= 1
        }
        while mantissa.magnitude > most {
            mantissa /= 10
            exponent += 1
        }
        return exponent
    }

    private static func power(_ exponent: Int) -> Double { Double("1e\(min(exponent, 300))") ?? 1 }

    private func integer(_ digits: Substring, _ picture: Subpicture) -> String {
        let significant = digits.drop { $0 == "0" }
        let zeros = String(repeating: "0", count: max(0, picture.integerSize - significant.count))
        return Self.group(Array(zeros + significant), symbols.grouping) { place in
            if picture.regularGrouping > 0 { return place % picture.regularGrouping == 0 }
            return picture.integerGroups.contains(place)
        }
    }

    private func fraction(_ digits: Substring, _ picture: Subpicture) -> String {
        var kept = digits
        while kept.last == "0" { kept.removeLast() }
        let zeros = String(repeating: "0", count: max(0, picture.fraction.lowerBound - kept.count))
        var text = ""
        for (index, digit) in symbols.localized(kept + zeros).enumerated() {
            if index > 0, picture.fractionGroups.contains(index) { text.append(symbols.grouping) }
            text.append(digit)
        }
        return text
    }

    /// Digits with a separator wherever so many digits follow.
    private static func group(_ digits: [Character], _ separator: Character, at isGroup: (Int) -> Bool)
        -> String
    {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, isGroup(digits.count - index) { text.append(separator) }
            text.append(digit)
        }
        return text
    }
}

/// Refuses pictures that are longer than any number or date could want.
func checkPicture(_ picture: String) throws(ExpressionError) {
    guard picture.utf8.count <= 1_000 else { throw .budget("1000 bytes in a picture") }
}

/// One half of a number picture, analysed.
struct Subpicture {
    var prefix: String
    let suffix: String
    /// What the number is multiplied by: 100 for percent, 1000 for per-mille.
    let factor: Double
    let hasDecimal: Bool
    let scale: Int
    private(set) var integerSize: Int
    /// The least and the most digits of the fraction.
    private(set) var fraction: ClosedRange<Int>
    let exponentSize: Int
    /// How many digits follow each separator of the integer part.
    let integerGroups: Set<Int>
    /// The distance of the separators, when they are as regular as `#,##0`; else 0.
    let regularGrouping: Int
    /// How many digits of the fraction come before each separator.
    let fractionGroups: Set<Int>

    init(_ picture: [Character], _ symbols: NumberSymbols) throws(ExpressionError) {
        let parts = SubpictureParts(picture, symbols)
        if let fault = parts.fault { throw ExpressionError(fault) }
        prefix = String(parts.prefix)
        suffix = String(parts.suffix)
        factor = picture.contains(symbols.percent) ? 100 : picture.contains(symbols.perMille) ? 1000 : 1
        hasDecimal = picture.contains(symbols.decimal)
        let isDigit = { (character: Character) in symbols.digits.contains(character) }
        scale = parts.integer.count(where: isDigit)
        integerSize = scale
        exponentSize = parts.exponent?.count(where: isDigit) ?? 0
        let mandatory = parts.fraction.count(where: isDigit)
        fraction = mandatory...(mandatory + parts.fraction.count { $0 == symbols.digit })

        let isPlace = { (character: Character) in isDigit(character) || character == symbols.digit }
        let groups = parts.integer.indices.filter { parts.integer[$0] == symbols.grouping }
        let positions = groups.map { parts.integer[$0...].count(where: isPlace) }
        integerGroups = Set(positions)
        regularGrouping = Self.regularDistance(positions)
        let places = parts.fraction
        fractionGroups = Set(
            places.indices.filter { places[$0] == symbols.grouping }.map {
                places[..<$0].count(where: isPlace)
            }
        )
        adjust(hasExponent: parts.exponent != nil, hasOptionalDigit: parts.integer.contains(symbols.digit))
    }

    /// The least digits that there must be, so that a number never vanishes.
    private mutating func adjust(hasExponent: Bool, hasOptionalDigit: Bool) {
        if integerSize == 0, fraction.upperBound == 0 {
            if hasExponent { fraction = 1...1 } else { integerSize = 1 }
        }
        if hasExponent, integerSize == 0, hasOptionalDigit { integerSize = 1 }
        if integerSize == 0, fraction.lowerBound == 0 { fraction = 1...max(1, fraction.upperBound) }
    }

    /// The distance of positions that are all multiples of it, without a gap; 0 when they are not.
    static func regularDistance(_ positions: [Int]) -> Int {
        guard let first = positions.first else { return 0 }
        let distance = positions.reduce(first) { divisor($0, $1) }
        guard distance > 0 else { return 0 }
        return (1...positions.count).allSatisfy { positions.contains($0 * distance) } ? distance : 0
    }

    private static func divisor(_ first: Int, _ second: Int) -> Int {
        second == 0 ? first : divisor(second, first % second)
    }
}

/// A sub-picture cut into its parts.
private struct SubpictureParts {
    let symbols: NumberSymbols
    let picture: [Character]
    let prefix: ArraySlice<Character>
    let suffix: ArraySlice<Character>
    let active: ArraySlice<Character>
    let mantissa: ArraySlice<Character>
    let integer: ArraySlice<Character>
    let fraction: ArraySlice<Character>
    let exponent: ArraySlice<Character>?

    init(_ picture: [Character], _ symbols: NumberSymbols) {
        self.symbols = symbols
        self.picture = picture
        let digits = symbols.digits
        let marks = [symbols.decimal, symbols.grouping, symbols.digit, symbols.separator]
        let isActive = { (character: Character) in digits.contains(character) || marks.contains(character) }
        let start = picture.firstIndex(where: isActive) ?? 0
        let end = picture.lastIndex(where: isActive).map { $0 + 1 } ?? picture.count
        prefix = picture[..<start]
        suffix = picture[end...]
        active = picture[start..<end]
        if let place = active.firstIndex(of: symbols.exponent) {
            mantissa = picture[start..<place]
            exponent = picture[(place + 1)..<end]
        } else {
            mantissa = active
            exponent = picture[end...].first == symbols.exponent ? picture[end..<end] : nil
        }
        let point = mantissa.firstIndex(of: symbols.decimal) ?? mantissa.endIndex
        integer = mantissa[..<point]
        fraction = mantissa[point...].dropFirst()
    }

    /// What is wrong with the picture.
    ///
    /// Of several faults the one checked last counts, as elsewhere.
    var fault: ErrorCode? {
        let digits = symbols.digits
        var fault: ErrorCode?
        if count(symbols.decimal) > 1 { fault = .twoDecimalSeparators }
        if count(symbols.percent) > 1 { fault = .twoPercents }
        if count(symbols.perMille) > 1 { fault = .twoPerMilles }
        if count(symbols.percent) > 0, count(symbols.perMille) > 0 { fault = .percentAndPerMille }
        if !mantissa.contains(where: { digits.contains($0) || $0 == symbols.digit }) {
            fault = .mantissaWithoutDigit
        }
        let marks = [symbols.decimal, symbols.grouping, symbols.digit, symbols.separator, symbols.exponent]
        if !active.allSatisfy({ digits.contains($0) || marks.contains($0) }) { fault = .passiveInside }
        if let point = picture.firstIndex(of: symbols.decimal) {
            let neighbours = [point - 1, point + 1].filter(picture.indices.contains).map { picture[$0] }
            if neighbours.contains(symbols.grouping) { fault = .groupingBesideDecimal }
        } else if integer.last == symbols.grouping {
            fault = .groupingAtEnd
        }
        if zip(picture, picture.dropFirst()).contains(where: {
            $0 == symbols.grouping && $1 == symbols.grouping
        }) {
            fault = .adjacentGrouping
        }
        return digitFault ?? exponentFault(fault)
    }

    private func count(_ character: Character) -> Int { picture.count { $0 == character } }

    private var digitFault: ErrorCode? {
        let digits = symbols.digits
        var fault: ErrorCode?
        if let optional = integer.firstIndex(of: symbols.digit),
            integer[..<optional].contains(where: digits.contains)
        {
            fault = .optionalAfterMandatory
        }
        if let optional = fraction.lastIndex(of: symbols.digit),
            fraction[optional...].contains(where: digits.contains)
        {
            fault = .mandatoryAfterOptional
        }
        return fault.map { exponentFault($0) ?? $0 }
    }

    private func exponentFault(_ earlier: ErrorCode?) -> ErrorCode? {
        guard let exponent else { return earlier }
        var fault = earlier
        let hasPercent = count(symbols.percent) + count(symbols.perMille) > 0
        if !exponent.isEmpty, hasPercent { fault = .percentWithExponent }
        if exponent.isEmpty || !exponent.allSatisfy(symbols.digits.contains) { fault = .badExponent }
        return fault
    }
}

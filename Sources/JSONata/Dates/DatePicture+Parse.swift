import PCRE

extension DatePicture {
    /// Milliseconds since 1970 of a text in this picture; nil when it is not.
    ///
    /// Components greater than all that are given come from `now`, lesser ones are as small as can be.
    func parse(_ text: String, now: CalendarDate) throws(ExpressionError) -> Double? {
        var matchers: [Matcher] = []
        for part in parts { matchers.append(try Matcher(part)) }
        let source = "^" + matchers.map { "(\($0.regex))" }.joined() + "$"
        let bytes = Array(text.utf8)
        let match: Pattern.Match?
        do {
            match = try Pattern(source, options: .caseInsensitive).firstMatch(in: bytes)
        } catch {
            throw .budget("reading a date")
        }
        guard let match else { return nil }
        var components = DateComponents()
        for (matcher, group) in zip(matchers, match.groups.dropFirst()) {
            guard let specifier = matcher.specifier, let group else { continue }
            components[specifier] = try matcher.value(String(decoding: bytes[group], as: UTF8.self))
        }
        return try components.millis(now: now)
    }

    /// How one part of the picture is found in a text and read.
    private struct Matcher {
        let regex: String
        let specifier: Character?
        let value: (String) throws(ExpressionError) -> Double?

        init(_ part: Part) throws(ExpressionError) {
            switch part {
            case .literal(let literal):
                let special = Set(".*+?^${}()|[]\\")
                regex = literal.map { special.contains($0) ? "\\\($0)" : String($0) }.joined()
                specifier = nil
                value = { _ in nil }
            case .component(let component):
                specifier = component.specifier
                (regex, value) = try Self.reader(of: component)
            }
        }

        private typealias Reader = (regex: String, value: (String) throws(ExpressionError) -> Double?)

        private static func reader(of component: Component) throws(ExpressionError) -> Reader {
            switch component.specifier {
            case "Z", "z": return zone(component)
            case "f":
                return ("[0-9]+", { text in Double("0." + text.prefix(3)).map { ($0 * 1000).rounded() } })
            case "P" where component.number == nil:
                return (
                    "[a-zA-Z]+",
                    { text in text.lowercased() == "am" ? 0 : text.lowercased() == "pm" ? 1 : nil }
                )
            default: break
            }
            guard let number = component.number else { return try names(component) }
            let regex = try regex(of: number, digits: component.parsedDigits)
            return (regex, { text throws(ExpressionError) in try number.parse(text) })
        }

        private static func names(_ component: Component) throws(ExpressionError) -> Reader {
            let names: [String]
            switch component.specifier {
            case "M", "x": names = CalendarNames.months
            case "F": names = CalendarNames.days
            default: throw ExpressionError(.nameModifier, value: .string(String(component.specifier)))
            }
            let width = component.maximumWidth ?? .max
            let known = names.map { $0.prefix(max(0, width)).lowercased() }
            return ("[a-zA-Z]+", { text in known.firstIndex(of: text.lowercased()).map { Double($0 + 1) } })
        }

        private static func zone(_ component: Component) -> Reader {
            var separator: Character?
            if case .decimal(let picture)? = component.number?.style, picture.regularDistance > 0 {
                separator = picture.separators.first?.character
            }
            let prefix = component.specifier == "z" ? "GMT" : ""
            let tail = separator.map { "\\\($0)[0-9]+" } ?? ""
            let zone = { (text: String) -> Double? in
                let text = text.dropFirst(prefix.count)
                let sign: Double = text.first == "-" ? -1 : 1
                let digits = text.dropFirst()
                let parts =
                    separator.map { digits.split(separator: $0) } ?? [digits.prefix(2), digits.dropFirst(2)]
                guard let hours = parts.first.flatMap({ Double($0) }) else { return nil }
                let minutes = parts.count > 1 ? Double(parts[1]) ?? 0 : 0
                return sign * (60 * hours + minutes)
            }
            return (prefix + "[-+][0-9]+" + tail, zone)
        }

        private static func regex(of number: IntegerPicture, digits: Int?) throws(ExpressionError) -> String {
            switch number.style {
            case .letters(let letterCase): return letterCase == .upper ? "[A-Z]+" : "[a-z]+"
            case .roman(let letterCase): return letterCase == .upper ? "[MDCLXVI]+" : "[mdclxvi]+"
            case .words:
                return "(?:" + (NumberWords.vocabulary + ["and", "[-, ]"]).joined(separator: "|") + ")+"
            case .decimal:
                let count = digits.map { "{\($0)}" } ?? "+"
                return "[0-9]" + count + (number.isOrdinal ? "(?:th|st|nd|rd)" : "")
            case .sequence(let token): throw ExpressionError(.unsupportedSequence, value: .string(token))
            }
        }
    }
}

/// The components read from a text, and the moment that they name together.
private struct DateComponents {
    private var values: [Character: Double] = [:]

    subscript(specifier: Character) -> Double? {
        get { values[specifier] }
        set { values[specifier] = newValue }
    }

    mutating func millis(now: CalendarDate) throws(ExpressionError) -> Double? {
        guard !values.isEmpty else { return nil }
        let isDayOfYear = uses("Yd", outOf: "YXMxWwdD") && !uses("YMD", outOf: "YXMxWwdD")
        let isHalfDay = uses("Phmsf", outOf: "PHhmsf") && !uses("Hmsf", outOf: "PHhmsf")
        // Weeks say no day unless their weekday is known; the specification leaves that open.
        if uses("Xxw", outOf: "YXMxWwdD") || uses("XW", outOf: "YXMxWwdD") {
            throw ExpressionError(.missingComponents)
        }
        try complete((isDayOfYear ? "Yd" : "YMD") + (isHalfDay ? "Phmsf" : "Hmsf"), now)
        var year = integer("Y")
        if (0...99).contains(year) { year += 1900 }
        var month = max(integer("M"), 1)
        var day = integer("D")
        if isDayOfYear { (month, day) = (1, integer("d")) }
        var hour = integer("H")
        if isHalfDay { hour = (integer("h") == 12 ? 0 : integer("h")) + (values["P"] == 1 ? 12 : 0) }
        let days = CalendarDate.dayNumber(year: year, month: month) + day - 1
        let seconds = (hour * 60 + integer("m")) * 60 + integer("s")
        let zone = values["Z"] ?? values["z"] ?? 0
        return Double(days) * 86_400_000 + Double(seconds * 1000 + integer("f")) - zone * 60_000
    }

    /// Whether the components that are there and not zero, out of some, are all among others.
    private func uses(_ wanted: String, outOf all: String) -> Bool {
        let present = all.filter { values[$0] ?? 0 != 0 }
        return !present.isEmpty && present.allSatisfy { wanted.contains($0) }
    }

    private mutating func complete(_ order: String, _ now: CalendarDate) throws(ExpressionError) {
        var hasStarted = false
        var hasEnded = false
        for specifier in order {
            if values[specifier] != nil {
                guard !hasEnded else { throw ExpressionError(.missingComponents) }
                hasStarted = true
            } else if hasStarted {
                values[specifier] = "MDd".contains(specifier) ? 1 : 0
                hasEnded = true
            } else {
                values[specifier] = DatePicture.Component.value(specifier, of: now).map { Double($0) } ?? 0
            }
        }
    }

    private func integer(_ specifier: Character) -> Int {
        // Enough for any date that there is; beyond it arithmetic would overflow.
        Int(max(-1e6, min(1e6, values[specifier] ?? 0)))
    }
}

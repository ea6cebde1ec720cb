extension DatePicture {
    /// A moment as the picture shows it, in a zone such as `+0530`.
    func format(_ millis: Double, timezone: String?) throws(ExpressionError) -> String {
        let offset = timezone.flatMap { Self.leadingInteger($0) } ?? 0
        let hours = CalendarDate.floorDivide(offset, 100)
        let minutes = offset % 100
        let date = CalendarDate(millis: millis + Double((60 * hours + minutes) * 60_000))
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .component(let component):
                text += try component.format(date, zone: Zone(hours: hours, minutes: minutes))
            }
        }
        return text
    }

    private static func leadingInteger(_ text: String) -> Int? {
        var digits = text.drop { $0 == "+" || $0.isWhitespace }
        let isNegative = digits.first == "-"
        if isNegative { digits.removeFirst() }
        guard let value = Int(digits.prefix { $0.isASCII && $0.isNumber }), value < 10_000 else { return nil }
        return isNegative ? -value : value
    }

    struct Zone {
        let hours: Int
        let minutes: Int

        var offset: Int { 100 * hours + minutes }
    }
}

extension DatePicture.Component {
    fileprivate func format(_ date: CalendarDate, zone: DatePicture.Zone) throws(ExpressionError) -> String {
        switch specifier {
        case "Z", "z": return try format(zone)
        case "P":
            let marker = date.hour >= 12 ? "pm" : "am"
            return names == .upper ? marker.uppercased() : marker
        case "C", "E": return "ISO"
        default: break
        }
        guard var value = Self.value(specifier, of: date) else { return "" }
        if let names { return try name(value, names) }
        if specifier == "Y", let yearDigits {
            value = Int(
                Double(value).truncatingRemainder(dividingBy: Double("1e\(min(yearDigits, 300))") ?? 1)
            )
        }
        return try number?.format(Double(value)) ?? ""
    }

    static func value(_ specifier: Character, of date: CalendarDate) -> Int? {
        switch specifier {
        case "Y": date.year
        case "M": date.month
        case "D": date.day
        case "d": date.dayOfYear
        case "F": date.weekday
        case "W": date.weekOfYear
        case "w": date.weekOfMonth
        case "X": date.weekYear
        case "x": date.weekMonth
        case "H": date.hour
        case "h": date.hour % 12 == 0 ? 12 : date.hour % 12
        case "m": date.minute
        case "s": date.second
        case "f": date.millisecond
        default: nil
        }
    }

    private func name(_ value: Int, _ letterCase: IntegerPicture.LetterCase) throws(ExpressionError) -> String
    {
        var name: String
        switch specifier {
        case "M", "x": name = CalendarNames.months[value - 1]
        case "F": name = CalendarNames.days[value - 1]
        default: throw ExpressionError(.nameModifier, value: .string(String(specifier)))
        }
        if letterCase == .upper { name = name.uppercased() }
        if letterCase == .lower { name = name.lowercased() }
        return maximumWidth.map { String(name.prefix(max(0, $0))) } ?? name
    }

    private func format(_ zone: DatePicture.Zone) throws(ExpressionError) -> String {
        if zone.offset == 0 && writesZ { return "Z" }
        guard let number, case .decimal(let picture) = number.style else { return "" }
        var text: String
        if picture.regularDistance > 0 {
            text = try number.format(Double(zone.offset))
        } else {
            switch picture.mandatoryDigits {
            case 1...2:
                text = try number.format(Double(zone.hours))
                if zone.minutes != 0 { text += ":" + (zone.minutes < 10 ? "0" : "") + "\(zone.minutes)" }
            case 3...4: text = try number.format(Double(zone.offset))
            default: throw ExpressionError(.timezoneDigits, value: .integer(Int64(picture.mandatoryDigits)))
            }
        }
        return (specifier == "z" ? "GMT" : "") + (zone.offset >= 0 ? "+" : "") + text
    }
}

/// Timestamps of ISO 8601, as `$toMillis` reads them without a picture.
enum Timestamp {
    /// Milliseconds since 1970; nil when the text is no timestamp.
    ///
    /// Without an offset it is UTC.
    static func millis(_ text: String) -> Double? {
        var reader = Reader(rest: Array(text.utf8)[...])
        guard let year = reader.digits(4) else { return nil }
        let month = reader.optional("-") { $0.digits(2) }
        let day = reader.optional("-") { $0.digits(2) }
        var time = 0
        if reader.skip("T") {
            guard let hour = reader.digits(2), reader.skip(":"), let minute = reader.digits(2),
                reader.skip(":"),
                let second = reader.digits(2), hour < 24 || (hour == 24 && minute + second == 0), minute < 60,
                second < 60
            else { return nil }
            time = (hour * 3600 + minute * 60 + second) * 1000
        }
        let fraction = reader.optional(".") { $0.fraction() }
        guard let offset = reader.offset(), reader.rest.isEmpty else { return nil }
        guard (1...12).contains(month ?? 1) else { return nil }
        let first = CalendarDate.dayNumber(year: year, month: month ?? 1)
        let length = CalendarDate.dayNumber(year: year, month: (month ?? 1) + 1) - first
        guard (1...length).contains(day ?? 1) else { return nil }
        let days = first + (day ?? 1) - 1
        return Double(days * 86_400_000 + time + (fraction ?? 0) - offset * 60_000)
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func digits(_ count: Int) -> Int? {
            let digits = rest.prefix(count).prefix { (0x30...0x39).contains($0) }
            guard digits.count == count else { return nil }
            rest = rest.dropFirst(count)
            return digits.reduce(0) { 10 * $0 + Int($1 - 0x30) }
        }

        /// What follows a character, when both are there.
        mutating func optional(_ mark: Unicode.Scalar, _ read: (inout Reader) -> Int?) -> Int? {
            var ahead = self
            guard ahead.skip(mark), let value = read(&ahead) else { return nil }
            self = ahead
            return value
        }

        /// Milliseconds of a fraction of a second, however many digits it has.
        mutating func fraction() -> Int? {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return nil }
            rest = rest.dropFirst(digits.count)
            let padded = Array(digits.prefix(3)) + Array(repeating: 0x30, count: max(0, 3 - digits.count))
            return padded.reduce(0) { 10 * $0 + Int($1 - 0x30) }
        }

        /// Minutes east of UTC; 0 when nothing is said, nil when it is malformed.
        mutating func offset() -> Int? {
            if rest.isEmpty || skip("Z") { return 0 }
            let sign = skip("+") ? 1 : skip("-") ? -1 : 0
            guard sign != 0, let hours = digits(2) else { return nil }
            _ = skip(":")
            guard let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
            return sign * (60 * hours + minutes)
        }
    }
}

/// Durations as people write them: `500ms 30s 5m 1h30m 2d`, or ISO 8601 (`PT1H30M`, `P2D`, `P1W`).
public enum DurationText {
    /// A hundred years, so that sums of durations and times never overflow.
    public static let limitMilliseconds: Int64 = 36_500 * 86_400_000

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// The length in milliseconds; nil for what is no duration or longer than a hundred years.
    ///
    /// Units come once each, the largest first. Years and months of ISO 8601 have no fixed length: refused.
    public static func milliseconds(_ text: String) -> Int64? {
        text.first == "P" ? iso(text.dropFirst()) : short(text[...])
    }

    /// The shortest text for a length, `1h30m`; `0s` for none.
    public static func text(_ milliseconds: Int64) -> String {
        var rest = milliseconds
        var text = ""
        for unit in units where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text.isEmpty ? "0s" : text
    }

    private static func short(_ text: Substring) -> Int64? {
        sum(text, units: units)
    }

    private static func iso(_ text: Substring) -> Int64? {
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let days: [(String, Int64)] = [("W", 604_800_000), ("D", 86_400_000)]
        let times: [(String, Int64)] = [("H", 3_600_000), ("M", 60_000), ("S", 1_000)]
        let date = parts[0].isEmpty ? 0 : sum(parts[0], units: days)
        guard parts.count == 2 else { return text.isEmpty ? nil : date }
        guard let date, let time = sum(parts[1], units: times) else { return nil }
        return bounded(date + time)
    }

    /// Adds up `number unit` pairs, whose units go down through the list; nil if there is none.
    private static func sum(_ text: Substring, units: [(name: String, milliseconds: Int64)]) -> Int64? {
        var rest = text
        var total: Int64 = 0
        var remaining = units[...]
        repeat {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            let name = rest.dropFirst(number.count).prefix { !$0.isNumber && $0 != "." }
            guard
                let position = remaining.firstIndex(where: { $0.name == name }),
                let part = product(number, remaining[position].milliseconds),
                let sum = bounded(total + part)
            else { return nil }
            total = sum
            remaining = remaining[(position + 1)...]
            rest = rest.dropFirst(number.count + name.count)
        } while !rest.isEmpty
        return total
    }

    /// Digits with at most three decimals, times a unit, if that is a whole number of milliseconds.
    private static func product(_ number: Substring, _ unit: Int64) -> Int64? {
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = digits(parts[0]), let product = bounded(whole, times: unit) else { return nil }
        guard parts.count == 2 else { return product }
        let decimals = parts[1]
        guard (1...3).contains(decimals.count), let fraction = digits(decimals) else { return nil }
        let scale: Int64 = [10, 100, 1_000][decimals.count - 1]
        let (scaled, remainder) = (fraction * unit).quotientAndRemainder(dividingBy: scale)
        return remainder == 0 ? bounded(product + scaled) : nil
    }

    private static func digits(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }

    private static func bounded(_ value: Int64, times unit: Int64 = 1) -> Int64? {
        let (product, overflow) = value.multipliedReportingOverflow(by: unit)
        return overflow || product > limitMilliseconds ? nil : product
    }
}

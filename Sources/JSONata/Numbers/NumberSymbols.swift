/// The characters of a number picture (XPath and XQuery Functions 3.1, section 4.7.2).
struct NumberSymbols {
    var decimal: Character = "."
    var grouping: Character = ","
    var exponent: Character = "e"
    var minus = "-"
    var infinity = "Infinity"
    var notANumber = "NaN"
    var percent: Character = "%"
    var perMille: Character = "\u{2030}"
    var zero: Character = "0"
    var digit: Character = "#"
    var separator: Character = ";"

    init(options: Value) {
        guard let members = options.members else { return }
        for (key, value) in zip(members.keys, members.values) {
            guard let text = value.string, let first = text.first else { continue }
            switch key {
            case "decimal-separator": decimal = first
            case "grouping-separator": grouping = first
            case "exponent-separator": exponent = first
            case "minus-sign": minus = text
            case "infinity": infinity = text
            case "NaN": notANumber = text
            case "percent": percent = first
            case "per-mille": perMille = first
            case "zero-digit": zero = first
            case "digit": digit = first
            case "pattern-separator": separator = first
            default: break
            }
        }
        let start = zero.unicodeScalars.first?.value ?? 0x30
        digits = (0..<10).map { Unicode.Scalar(start &+ $0).map { Character($0) } ?? "0" }
    }

    /// The ten digits from the zero digit on.
    private(set) var digits = Array("0123456789")

    /// ASCII digits in the digits of the picture.
    func localized(_ text: String) -> String {
        guard zero != "0" else { return text }
        return String(text.map { character in character.wholeNumberValue.map { digits[$0] } ?? character })
    }
}

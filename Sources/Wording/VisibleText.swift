extension String {
    /// The text with what a terminal or a reader would not show made visible.
    ///
    /// Control characters become their pictures (U+2400…), what turns the direction of text its code. A tab
    /// and a newline stay where `keepsLines` is set.
    public func visible(keepsLines: Bool = false) -> String {
        guard unicodeScalars.contains(where: { $0.isHidden }) else { return self }
        var shown = ""
        for scalar in unicodeScalars {
            if !scalar.isHidden || keepsLines && (scalar == "\n" || scalar == "\t") {
                shown.unicodeScalars.append(scalar)
            } else {
                shown += scalar.picture
            }
        }
        return shown
    }

    /// The first line, made visible and at most so many characters long.
    public func oneLine(limit: Int = 300) -> String {
        let first = drop { $0.isWhitespace }.prefix { !$0.isNewline }
        let cut = first.prefix(limit)
        return String(cut).visible() + (first.endIndex > cut.endIndex ? "…" : "")
    }

    /// As one word of a POSIX shell.
    public var shellWord: String {
        let plain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_-./:@%+,=".utf8.contains(byte)
                }
            }
        return plain ? self : "'\(replacing("'", with: #"'\''"#))'"
    }
}

extension Unicode.Scalar {
    /// A control character of ASCII or Latin-1, or one of those of Unicode that turn the direction of text.
    var isHidden: Bool {
        switch value {
        case 0...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    fileprivate var picture: String {
        switch value {
        case 0...0x1F: Unicode.Scalar(0x2400 + value).map { String(Character($0)) } ?? ""
        case 0x7F: "␡"
        default: "⟨U+\(String(value, radix: 16, uppercase: true))⟩"
        }
    }
}

extension String {
    /// A line that a program wrote, as a terminal may be given it.
    ///
    /// Plain colours stay, or go without a trace where `isColoured` is not set. All else that a terminal
    /// would obey is made visible: it could retitle the window, or write over what was said before.
    public func terminalLine(isColoured: Bool) -> String {
        let scalars = unicodeScalars
        var shown = ""
        var plainFrom = scalars.startIndex
        var at = scalars.startIndex
        var hasColour = false
        while let escape = scalars[at...].firstIndex(of: "\u{1B}") {
            at = scalars.index(after: escape)
            guard let end = scalars.endOfColour(from: at) else { continue }
            shown += String(scalars[plainFrom..<escape]).visible()
            if isColoured {
                shown.unicodeScalars += scalars[escape..<end]
                hasColour = true
            }
            (plainFrom, at) = (end, end)
        }
        shown += String(scalars[plainFrom...]).visible()
        return hasColour ? shown + "\u{1B}[0m" : shown
    }

    /// JSON whose texts hold nothing that a terminal would obey or not show: such characters as `\uXXXX`.
    public var terminalJSON: String {
        guard unicodeScalars.contains(where: { $0.isHidden && $0 != "\n" }) else { return self }
        var shown = ""
        for scalar in unicodeScalars {
            if scalar.isHidden && scalar != "\n" {
                let digits = String(scalar.value, radix: 16)
                shown += #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}

extension String.UnicodeScalarView {
    /// Where a colour ends whose `[` is at `start`; nil where there is none, or more than a colour.
    fileprivate func endOfColour(from start: Index) -> Index? {
        guard start < endIndex, self[start] == "[" else { return nil }
        let first = index(after: start)
        let codes = self[first...].prefix { ("0"..."9").contains($0) || $0 == ";" }
        guard codes.endIndex < endIndex, self[codes.endIndex] == "m", codes.count <= 32 else { return nil }
        let numbers = codes.split(separator: ";", omittingEmptySubsequences: false).map {
            Int(String($0)) ?? 0
        }
        return isPlain(numbers) ? index(after: codes.endIndex) : nil
    }

    /// ECMA-48, 8.3.117, without what blinks or hides; 38 and 48 take a palette's number or three parts.
    private func isPlain(_ codes: [Int]) -> Bool {
        var rest = codes[...]
        while let code = rest.popFirst() {
            switch code {
            case 0...4, 22...24, 30...37, 39, 40...47, 49, 90...97, 100...107: break
            case 38, 48: rest = rest.dropFirst(rest.first == 5 ? 2 : 4)
            default: return false
            }
        }
        return true
    }
}

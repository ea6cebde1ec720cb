/// The formats that are asserted.
enum Format: String, CaseIterable, Sendable {
    case dateTime = "date-time"
    case date, time, duration, email, uri, uuid, ipv4, ipv6

    var noun: String {
        switch self {
        case .dateTime: "date and time of RFC 3339, such as 2026-01-31T08:30:00Z"
        case .date: "date, such as 2026-01-31"
        case .time: "time of RFC 3339, such as 08:30:00Z"
        case .duration: "ISO 8601 duration, such as PT1H30M"
        case .email: "email address"
        case .uri: "absolute URI"
        case .uuid: "UUID"
        case .ipv4: "IPv4 address"
        case .ipv6: "IPv6 address"
        }
    }

    func accepts(_ text: String) -> Bool {
        var scanner = FormatScanner(text)
        switch self {
        case .dateTime: return scanner.dateTime() && scanner.isAtEnd
        case .date: return scanner.date() && scanner.isAtEnd
        case .time: return scanner.time() && scanner.isAtEnd
        case .duration: return scanner.duration() && scanner.isAtEnd
        case .email: return FormatScanner.isEmail(text)
        case .uri: return scanner.uri() && scanner.isAtEnd
        case .uuid: return scanner.uuid() && scanner.isAtEnd
        case .ipv4: return scanner.ipv4() && scanner.isAtEnd
        case .ipv6: return FormatScanner.isIPv6(text)
        }
    }
}

/// Reads a text from its start; each function takes its part and says whether it was there.
struct FormatScanner {
    private var rest: Substring.UTF8View

    init(_ text: some StringProtocol) {
        rest = Substring(text).utf8
    }

    var isAtEnd: Bool { rest.isEmpty }

    private mutating func take(_ characters: String) -> Bool {
        guard let byte = rest.first, characters.utf8.contains(byte) else { return false }
        rest.removeFirst()
        return true
    }

    /// A number of exactly so many digits.
    private mutating func number(digits: Int) -> Int? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy(Self.isDigit) else { return nil }
        rest.removeFirst(digits)
        return text.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private mutating func digits() -> Bool {
        let count = rest.prefix(while: Self.isDigit).count
        rest.removeFirst(count)
        return count > 0
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}

/// RFC 3339: section 5.6 and appendix A.
extension FormatScanner {
    mutating func dateTime() -> Bool {
        date() && take("Tt") && time()
    }

    mutating func date() -> Bool {
        guard let year = number(digits: 4), take("-"), let month = number(digits: 2), take("-"),
            let day = number(digits: 2), (1...12).contains(month)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }

    /// With its offset; second 60 only where it may be a leap second, at 23:59 UTC.
    mutating func time() -> Bool {
        guard let hour = number(digits: 2), take(":"), let minute = number(digits: 2), take(":"),
            let second = number(digits: 2), hour < 24, minute < 60, second <= 60
        else { return false }
        if take("."), !digits() { return false }
        guard let offset = offset() else { return false }
        let utc = (hour * 60 + minute - offset + 2 * 1440) % 1440
        return second < 60 || utc == 23 * 60 + 59
    }

    /// Minutes east of UTC.
    private mutating func offset() -> Int? {
        if take("Zz") { return 0 }
        let sign = rest.first == UInt8(ascii: "-") ? -1 : 1
        guard take("+-"), let hour = number(digits: 2), take(":"), let minute = number(digits: 2), hour < 24,
            minute < 60
        else { return nil }
        return sign * (hour * 60 + minute)
    }

    /// Units in their order, none left out between two that are there.
    mutating func duration() -> Bool {
        guard take("P") else { return false }
        var weeks = self
        if weeks.digits(), weeks.take("W") {
            self = weeks
            return true
        }
        let hasDate = units("YMD")
        guard take("T") else { return hasDate }
        return units("HMS")
    }

    private mutating func units(_ order: String) -> Bool {
        var order = Substring(order)
        var isFirst = true
        while let byte = rest.first, Self.isDigit(byte) {
            guard digits(), let unit = rest.first.map({ Character(Unicode.Scalar($0)) }),
                let place = order.firstIndex(of: unit), isFirst || place == order.startIndex
            else { return false }
            rest.removeFirst()
            order = order[order.index(after: place)...]
            isFirst = false
        }
        return !isFirst
    }
}

/// RFC 3986, RFC 5321, RFC 9562, RFC 2673 section 3.2, RFC 4291 section 2.2.
extension FormatScanner {
    mutating func uuid() -> Bool {
        for (index, count) in [8, 4, 4, 4, 12].enumerated() {
            if index > 0, !take("-") { return false }
            let digits = rest.prefix(count)
            guard digits.count == count, digits.allSatisfy(Self.isHexDigit) else { return false }
            rest.removeFirst(count)
        }
        return true
    }

    mutating func ipv4() -> Bool {
        for index in 0..<4 {
            if index > 0, !take(".") { return false }
            let digits = rest.prefix(while: Self.isDigit)
            guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0"),
                let value = number(digits: digits.count), value < 256
            else { return false }
        }
        return true
    }

    static func isIPv6(_ text: String) -> Bool {
        let halves = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let colons = halves.count - 1
        guard colons >= 2, !text.contains(":::") else { return false }
        let gaps = text.indices.count { text[$0...].hasPrefix("::") }
        let groups = halves.filter { !$0.isEmpty }
        guard gaps <= 1, gaps == 1 || groups.count == halves.count else { return false }
        guard !(text.hasPrefix(":") && !text.hasPrefix("::")), !(text.hasSuffix(":") && !text.hasSuffix("::"))
        else {
            return false
        }
        var width = 0
        for (index, group) in groups.enumerated() {
            let text = Substring(group)
            if text.contains(".") {
                guard index == groups.count - 1, Format.ipv4.accepts(String(text)), !halves[colons].isEmpty
                else {
                    return false
                }
                width += 2
            } else {
                guard group.count <= 4, group.allSatisfy(isHexDigit) else { return false }
                width += 1
            }
        }
        return gaps == 1 ? width <= 7 : width == 8
    }

    /// A scheme, a colon, and then only what a URI is made of.
    mutating func uri() -> Bool {
        guard let first = rest.first, Self.isLetter(first) else { return false }
        let scheme = rest.prefix { Self.isLetter($0) || Self.isDigit($0) || "+-.".utf8.contains($0) }
        rest.removeFirst(scheme.count)
        guard take(":") else { return false }
        var fragments = 0
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard rest.prefix(2).count == 2, rest.prefix(2).allSatisfy(Self.isHexDigit) else {
                    return false
                }
            case UInt8(ascii: "#"): fragments += 1
            default: guard Self.isURICharacter(byte) else { return false }
            }
        }
        return fragments <= 1
    }

    /// A dot-atom or quoted local part of at most 64 bytes, and a domain name or an address in brackets.
    static func isEmail(_ text: String) -> Bool {
        guard let at = text.lastIndex(of: "@") else { return false }
        let local = text[..<at]
        let domain = text[text.index(after: at)...]
        guard (1...64).contains(local.utf8.count), isLocalPart(local) else { return false }
        if domain.hasPrefix("["), domain.hasSuffix("]") {
            let address = String(domain.dropFirst().dropLast())
            if address.hasPrefix("IPv6:") { return isIPv6(String(address.dropFirst(5))) }
            return Format.ipv4.accepts(address)
        }
        let labels = domain.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return domain.utf8.count <= 253 && labels.allSatisfy(isDomainLabel)
    }

    private static func isLocalPart(_ local: Substring) -> Bool {
        if local.utf8.count >= 2, local.hasPrefix("\""), local.hasSuffix("\"") {
            let inner = local.dropFirst().dropLast().utf8
            return inner.allSatisfy {
                $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
        }
        let atoms = local.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return atoms.allSatisfy { atom in
            !atom.isEmpty
                && atom.allSatisfy { isLetter($0) || isDigit($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
        }
    }

    private static func isDomainLabel(_ label: Substring.UTF8View) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
            && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == hyphen }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isURICharacter(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "-._~:/?[]@!$&'()*+,;=".utf8.contains(byte)
    }
}

extension WorkerID: CustomStringConvertible {
    /// A new identity, random.
    public static func random() -> WorkerID {
        WorkerID(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
    }

    /// As a UUID is written: `8-4-4-4-12` hexadecimal digits.
    public var description: String {
        let digits = hex(high) + hex(low)
        var groups: [Substring] = []
        var rest = digits[...]
        for count in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return groups.joined(separator: "-")
    }

    private func hex(_ word: UInt64) -> String {
        let text = String(word, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

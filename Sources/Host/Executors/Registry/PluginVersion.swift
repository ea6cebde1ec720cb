/// A plugin's version, `1.4.0`; fewer numbers stand for the newest of those that begin so.
public struct PluginVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    private let numbers: [Int]

    /// One to three whole numbers with dots between them; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
        }
        guard numbers.count == parts.count, (1...3).contains(numbers.count) else { return nil }
        self.numbers = numbers
    }

    public var description: String { numbers.map(String.init).joined(separator: ".") }

    /// Whether this version is what `wanted` asks for: `1.4.2` is one for `1` and `1.4`.
    func satisfies(_ wanted: PluginVersion) -> Bool {
        padded.starts(with: wanted.numbers)
    }

    public static func < (left: PluginVersion, right: PluginVersion) -> Bool {
        left.padded.lexicographicallyPrecedes(right.padded)
    }

    private var padded: [Int] { numbers + Array(repeating: 0, count: 3 - numbers.count) }
}

import Linux

/// A file to which the programs of steps append their idempotency key, a line each time that they run.
///
/// After the key may stand, behind spaces, the time in nanoseconds since 1970 and the fencing token.
public struct Ledger: Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// How often each key ran.
    public func executions() throws -> [String: Int] {
        try entries().reduce(into: [:]) { $0[$1.key, default: 0] += 1 }
    }

    /// When each key ran first.
    public func firstTimes() throws -> [String: Int64] {
        try entries().reduce(into: [:]) { $0[$1.key] = min($0[$1.key] ?? .max, $1.nanoseconds) }
    }

    /// The keys in the order in which they ran first.
    public func keysInOrder() throws -> [String] {
        var seen: Set<String> = []
        return try entries().map(\.key).filter { seen.insert($0).inserted }
    }

    /// The fencing tokens of each key, in the order in which it ran.
    public func tokens() throws -> [String: [Int64]] {
        try entries().reduce(into: [:]) { $0[$1.key, default: []].append($1.token) }
    }

    private func entries() throws -> [(key: String, nanoseconds: Int64, token: Int64)] {
        guard Files.exists(path) else { return [] }
        return String(decoding: try Files.read(path), as: UTF8.self).split(separator: "\n").map { line in
            let parts = line.split(separator: " ")
            let numbers = parts.dropFirst().map { Int64($0) ?? 0 } + [0, 0]
            return (String(parts[0]), numbers[0], numbers[1])
        }
    }
}

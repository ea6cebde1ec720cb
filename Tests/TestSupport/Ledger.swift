import Linux

/// A file to which the programs of steps append their idempotency key, a line each time that they run.
public struct Ledger: Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// How often each key ran.
    public func executions() throws -> [String: Int] {
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        return text.split(separator: "\n").reduce(into: [:]) { $0[String($1), default: 0] += 1 }
    }
}

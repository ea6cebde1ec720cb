import Linux

/// Why a private server cannot be started or used.
public struct DevelopmentError: Error, Sendable, CustomStringConvertible {
    public var message: String
    /// The last lines of the server's log, when it said something.
    public var logLines: [String]
    /// What to do about it, when that is known.
    public var hint: String?

    public init(_ message: String, logLines: [String] = [], hint: String? = nil) {
        self.message = message
        self.logLines = logLines
        self.hint = hint
    }

    /// Quotes the end of a log file.
    init(_ message: String, log path: String, hint: String? = nil) {
        let text = String(decoding: (try? Files.read(path)) ?? [], as: UTF8.self)
        self.init(message, logLines: text.split(separator: "\n").suffix(8).map(String.init), hint: hint)
    }

    public var description: String {
        let quoted = logLines.map { "\n  | \($0)" }.joined()
        return message + (hint.map { "; \($0)" } ?? "") + quoted
    }
}

/// Runs `body` with its system errors told as what they prevented.
func attempt<Value: ~Copyable>(
    _ purpose: String,
    _ body: () throws(LinuxError) -> Value
) throws(DevelopmentError) -> Value {
    do { return try body() } catch {
        throw DevelopmentError("cannot \(purpose): \(error)")
    }
}

import Linux

/// Tries again where a server that has answered before cannot be reached for a while.
///
/// Who cannot be reached at all is said so at once.
final class Perseverance {
    /// How long a server may be away.
    private static let limit = Duration.seconds(300)

    private let policy = ReconnectPolicy(first: .milliseconds(100), longest: .seconds(2))
    private var lastAnswer: MonotonicTime?
    private var failures = 0

    /// What `body` gives, in the end.
    func persist<Value>(_ body: () throws(CommandFailure) -> Value) throws(CommandFailure) -> Value {
        while true {
            do {
                let value = try body()
                heard()
                return value
            } catch {
                guard error.code == .unreachable, let lastAnswer, .now - lastAnswer < Self.limit else {
                    throw error
                }
                pause()
            }
        }
    }

    /// The server is there; also for what takes long to give its value.
    func heard() {
        lastAnswer = .now
        failures = 0
    }

    /// Says so once, and waits the longer the more often.
    private func pause() {
        if failures == 0 { StandardStream.error.write("the connection was lost; trying again\n") }
        let delay = policy.delay(after: failures, fraction: .random(in: 0..<1))
        failures += 1
        _ = Waker().wait(until: .now + delay)
    }
}

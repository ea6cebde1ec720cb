import Linux

/// A condition that a test waited for and that did not come about.
public struct NeverHappened: Error, CustomStringConvertible {
    public var description: String

    public init(description: String) { self.description = description }
}

/// Waits until `condition` holds, and throws `NeverHappened` when it does not in time.
///
/// The one file where a test sleeps: prefer a signal of what is waited for, where there is one.
public func eventually(
    _ what: String,
    within patience: Duration = .seconds(10),
    _ condition: () async throws -> Bool
) async throws {
    let deadline = MonotonicTime.now + patience
    while try await !condition() {
        guard MonotonicTime.now < deadline else {
            throw NeverHappened(description: "not within \(patience): \(what)")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// The same for a test on a thread of its own, which it blocks.
public func eventually(
    _ what: String,
    within patience: Duration = .seconds(10),
    _ condition: () throws -> Bool
) throws {
    let deadline = MonotonicTime.now + patience
    let pause = Waker()
    while try !condition() {
        guard MonotonicTime.now < deadline else {
            throw NeverHappened(description: "not within \(patience): \(what)")
        }
        pause.wait(until: .now + .milliseconds(10))
    }
}

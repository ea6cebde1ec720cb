import Linux

/// A condition that a test waited for and that did not come about.
public struct NeverHappened: Error, CustomStringConvertible {
    public var description: String
}

/// Waits until `condition` holds, and throws `NeverHappened` when it does not in time.
///
/// The one place where a test sleeps: prefer a signal of what is waited for, where there is one.
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

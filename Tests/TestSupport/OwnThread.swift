import Linux

/// Runs what blocks on a thread of its own, so that the tests beside it go on.
///
/// It stays part of the calling task, so that expectations in it count for the test that makes them.
@discardableResult
public func onOwnThread<Value: Sendable>(
    stackBytes: Int = 2 << 20,
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    let executor = ThreadExecutor("test", stackBytes: stackBytes)
    defer { executor.end() }
    return try await withTaskExecutorPreference(executor) { try body() }
}

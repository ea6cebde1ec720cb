import CPQ

/// Asks a server, from any thread, to end the statement that one connection is waiting for.
///
/// The statement then fails with `queryCanceled`. A request that comes too late does nothing, or hits the
/// next statement of that connection.
public final class PostgresCanceller: @unchecked Sendable {
    // @unchecked: a PGcancel never changes, and PQcancel is documented as safe on any thread.
    private let raw: OpaquePointer

    fileprivate init(owning raw: OpaquePointer) { self.raw = raw }

    deinit { PQfreeCancel(raw) }

    /// Blocks until the server has taken the request; false when it could not be reached.
    @discardableResult
    public func cancel() -> Bool {
        var complaint = [CChar](repeating: 0, count: 256)
        return PQcancel(raw, &complaint, Int32(complaint.count)) == 1
    }
}

extension PostgresConnection {
    /// For the session as it is now; nil without one.
    public func canceller() -> PostgresCanceller? {
        raw.flatMap { PQgetCancel($0) }.map { PostgresCanceller(owning: $0) }
    }
}

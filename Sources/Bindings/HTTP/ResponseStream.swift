import CMicrohttpd
import Glibc
import Linux

/// A response body that is written while the client reads it, from any thread.
///
/// An idle stream costs no thread. That a client has left shows when something is written to it, so whoever
/// keeps a stream open writes a heartbeat now and then.
public final class ResponseStream: Sendable {
    /// What became of a write.
    public enum Write: Sendable, Hashable {
        case accepted
        /// The client reads too slowly: the buffer has no room, and nothing of these bytes was taken.
        case full
        /// The client has left, or the stream is closed.
        case ended
    }

    /// How a stream ended.
    public enum End: Sendable, Hashable {
        /// Closed by us, and sent to its last byte.
        case delivered
        /// The client left, was silent for too long, or the server stopped.
        case cut
    }

    private struct State {
        // Sendable by the lock; valid from `attach` to `detach`.
        var connection: OpaquePointer?
        var isSuspended = false
        var isClosed = false
        var hasEnded = false
        var isDelivered = false
        var pending: [UInt8] = []
        var sent = 0
        var onEnd: (@Sendable (End) -> Void)?
    }

    private let bufferLimit: Int
    private let state: Locked<State>

    /// Makes a stream that is not yet part of a response; writes are kept until it is.
    ///
    /// - Parameters:
    ///   - bufferLimit: How many bytes may wait for a slow client.
    ///   - onEnd: Called once, on the server's thread, when the last byte is sent or the client has left. It
    ///     must not block.
    public init(bufferLimit: Int = 1 << 20, onEnd: (@Sendable (End) -> Void)? = nil) {
        self.bufferLimit = bufferLimit
        state = Locked(State(onEnd: onEnd))
    }

    /// Adds bytes to what is sent; never blocks.
    ///
    /// A write larger than the buffer is taken when the buffer is empty.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Write {
        var resumed: OpaquePointer?
        let write: Write = state.withLock { state in
            guard !state.isClosed, !state.hasEnded else { return .ended }
            let waiting = state.pending.count - state.sent
            guard waiting == 0 || waiting + bytes.count <= bufferLimit else { return .full }
            state.pending.append(contentsOf: bytes)
            resumed = Self.takeSuspended(&state)
            return .accepted
        }
        if let resumed { MHD_resume_connection(resumed) }
        return write
    }

    /// Ends the body behind what was written; further writes give `.ended`.
    public func close() {
        var resumed: OpaquePointer?
        state.withLock { state in
            state.isClosed = true
            resumed = Self.takeSuspended(&state)
        }
        if let resumed { MHD_resume_connection(resumed) }
    }

    private static func takeSuspended(_ state: inout State) -> OpaquePointer? {
        guard state.isSuspended else { return nil }
        state.isSuspended = false
        return state.connection
    }

    func attach(_ connection: OpaquePointer) {
        state.withLock { $0.connection = connection }
    }

    /// The connection is gone: nothing of libmicrohttpd may be called with it again.
    func detach() {
        let (onEnd, end): ((@Sendable (End) -> Void)?, End) = state.withLock { state in
            state.connection = nil
            state.hasEnded = true
            state.pending = []
            defer { state.onEnd = nil }
            return (state.onEnd, state.isDelivered ? .delivered : .cut)
        }
        onEnd?(end)
    }

    /// Hands libmicrohttpd the next bytes, or suspends the connection until there are some.
    func read(into buffer: UnsafeMutableRawPointer, _ capacity: Int) -> Int {
        state.withLock { state in
            let count = min(capacity, state.pending.count - state.sent)
            guard count > 0 else { return Self.pause(&state) }
            state.pending.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(start: buffer, count: count)
                    .copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[state.sent..<state.sent + count])
                    )
            }
            state.sent += count
            if state.sent == state.pending.count {
                state.pending.removeAll(keepingCapacity: state.pending.capacity <= 65_536)
                state.sent = 0
            }
            return count
        }
    }

    private static func pause(_ state: inout State) -> Int {
        if state.isClosed {
            state.isDelivered = true
            return Int(MHD_CONTENT_READER_END_OF_STREAM)
        }
        guard let connection = state.connection else { return Int(MHD_CONTENT_READER_END_WITH_ERROR) }
        // Under the lock, so that a write cannot come between; 0 without it would be asked again at once.
        MHD_suspend_connection(connection)
        state.isSuspended = true
        return 0
    }
}

/// What went wrong with a request to Redis, as a value.
public struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// No connection, and it may come by itself: no server, or one that is loading its data.
        case unreachable
        /// No connection, and somebody must repair something: the password, the address.
        case refused
        /// The server answered with an error; the connection is usable.
        case server
        /// The connection broke or its peer was silent for too long.
        ///
        /// Whether the command was run is not known.
        case lost
    }

    public var kind: Kind
    /// One sentence; for `server`, the server's own, which begins with a code such as `WRONGTYPE`.
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// Whether there is no usable connection now.
    public var isConnectionLoss: Bool { kind == .lost || kind == .unreachable }

    public var description: String { message }
}

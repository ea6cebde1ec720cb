import CPQ
import Glibc
import Linux

/// A message of `NOTIFY`.
public struct PostgresNotification: Sendable, Hashable {
    public var channel: String
    public var payload: String
    /// The process of the session that sent it.
    public var senderPID: Int32
}

/// What ended a wait for notifications.
public enum PostgresWait: Sendable, Hashable {
    case notified([PostgresNotification])
    case woken
    case timedOut
}

extension PostgresConnection {
    /// Begins to receive the notifications of a channel, outside a transaction.
    public func listen(to channel: String) throws(PostgresError) {
        try execute("listen \(Self.quoted(identifier: channel))")
    }

    /// Sends a notification, when the open transaction commits or at once.
    public func notify(_ channel: String, _ payload: String = "") throws(PostgresError) {
        try query(Self.notifying, [.text(channel), .text(payload)])
    }

    private static let notifying = PostgresStatement("notify", "select pg_catalog.pg_notify($1, $2)")

    /// Blocks this thread until a notification, the deadline (nil: none), or a wake from another thread.
    ///
    /// A notification that has been received already is returned at once. Throws when the connection broke.
    public func waitForNotifications(
        until deadline: MonotonicTime? = nil,
        waker: Waker
    ) throws(PostgresError) -> PostgresWait {
        while true {
            let raw = try ready(for: "listen")
            let received = takeNotifications(raw)
            if !received.isEmpty { return .notified(received) }
            switch waker.wait(for: PQsocket(raw), events: POLLIN, until: deadline) {
            case .woken: return .woken
            case .timedOut: return .timedOut
            case .ready: continue
            }
        }
    }

    private func takeNotifications(_ raw: OpaquePointer) -> [PostgresNotification] {
        var notifications: [PostgresNotification] = []
        while let pointer = PQnotifies(raw) {
            notifications.append(
                PostgresNotification(
                    channel: String(cString: pointer.pointee.relname),
                    payload: String(cString: pointer.pointee.extra),
                    senderPID: pointer.pointee.be_pid
                )
            )
            PQfreemem(pointer)
        }
        return notifications
    }

    /// An identifier in SQL, whatever it holds.
    public static func quoted(identifier: String) -> String {
        "\"\(identifier.replacing("\"", with: "\"\""))\""
    }
}

import Linux
import Scheduler

/// Knows who may call, from a copy of the keys that is read again when it is old.
///
/// A key that is revoked elsewhere opens this server for ``freshness`` longer; an idle server reads nothing.
final class Gatekeeper: Sendable {
    static let freshness = Duration.seconds(2)

    private struct Copy {
        var rights: AccessRights
        var readAt: MonotonicTime
    }

    private let copy = Locked<Copy?>(nil)

    /// The keys, if they were read lately.
    var rights: AccessRights? {
        copy.withLock { copy in
            guard let copy, MonotonicTime.now < copy.readAt + Self.freshness else { return nil }
            return copy.rights
        }
    }

    /// Reads the keys; while the database is away the last ones hold, so that `/metrics` can still be read.
    func read(from store: () throws(StoreError) -> PostgresStore) throws(StoreError) -> AccessRights {
        do {
            let rights = try store().accessRights()
            copy.withLock { $0 = Copy(rights: rights, readAt: .now) }
            return rights
        } catch {
            guard let last = copy.withLock({ $0?.rights }) else { throw error }
            return last
        }
    }

    /// Makes the next request read the keys, after this server has changed them.
    func forget() {
        copy.withLock { $0 = nil }
    }
}

import JSON
import Postgres

extension StoreError {
    /// What an error of the database means for the caller, who, with `writes`, may have to read back.
    init(_ error: PostgresError, writes: Bool) {
        let message = error.description
        if error.isCommitUnknown && writes {
            self = .unknownCommit(message: message)
        } else if error.isConnectionLoss {
            self = .unreachable(message: message)
        } else if error.isTransient || error.sqlState == .queryCanceled {
            self = .transient(message: message)
        } else {
            self = .refused(message: message)
        }
    }
}

/// Runs what talks to the database, and translates its errors.
func storing<Value>(writes: Bool, _ body: () throws -> Value) throws(StoreError) -> Value {
    do {
        return try body()
    } catch let error as StoreError {
        throw error
    } catch let error as PostgresError {
        throw StoreError(error, writes: writes)
    } catch {
        throw .refused(message: "what the database holds cannot be read: \(error)")
    }
}

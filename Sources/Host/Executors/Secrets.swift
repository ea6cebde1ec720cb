import Linux
import Scheduler

/// Where the secrets of steps come from.
public protocol SecretsProvider: Sendable {
    /// The value of a secret; nil if there is none of that name.
    ///
    /// - Throws: `SecretUnavailable` if it cannot be had now.
    func secret(named name: String) throws(StepError) -> [UInt8]?
    /// Where it looks, for messages.
    var places: String { get }
}

/// The secrets of a worker: files of a folder, then `PAWL_SECRET_<name>` of its environment.
public struct WorkerSecrets: SecretsProvider {
    private let folder: String?
    private static let largest = 1 << 20

    public init(folder: String?) { self.folder = folder }

    public var places: String {
        let variables = "the worker's variables PAWL_SECRET_…"
        return folder.map { "\($0) and \(variables)" } ?? "\(variables) (PAWL_SECRETS_DIR is not set)"
    }

    public func secret(named name: String) throws(StepError) -> [UInt8]? {
        if let folder, Files.exists("\(folder)/\(name)") {
            do {
                return try Files.read("\(folder)/\(name)", limit: Self.largest)
            } catch {
                throw .secretUnavailable("secret \"\(name)\" cannot be read: \(error)")
            }
        }
        return ThisProcess.environment("PAWL_SECRET_\(name)").map { Array($0.utf8) }
    }
}

extension StepError {
    static func secretUnavailable(_ message: String) -> StepError {
        StepError(type: ErrorType.secretUnavailable, message: message, retryable: false)
    }
}

extension SecretsProvider {
    /// The values of all names, or the error that names the first that is missing.
    func secrets(named names: [String]) throws(StepError) -> [(name: String, value: [UInt8])] {
        var found: [(name: String, value: [UInt8])] = []
        for name in names {
            guard let value = try secret(named: name) else {
                throw .secretUnavailable("there is no secret \"\(name)\"; looked in \(places)")
            }
            found.append((name, value))
        }
        return found
    }
}

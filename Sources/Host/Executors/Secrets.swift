import Linux
import Scheduler

/// Where the secrets of steps come from.
public protocol SecretsProvider: Sendable {
    /// The value of a secret; nil if there is none of that name.
    ///
    /// - Throws: `SecretUnavailable` if it cannot be had now.
    func secret(named name: String) throws(StepError) -> [UInt8]?
    /// Whether asking for a secret takes no time, so that it may be done on any thread.
    func isAtHand(_ name: String) -> Bool
    /// Where it looks, for messages.
    var places: String { get }
}

extension SecretsProvider {
    public func isAtHand(_ name: String) -> Bool { true }
}

/// The secrets of a worker: files of a folder, then `PAWL_SECRET_<name>` of its environment, then a command.
public struct WorkerSecrets: SecretsProvider {
    private let folder: String?
    private let command: SecretsCommand?
    private static let largest = 1 << 20

    public init(folder: String?, command: SecretsCommand? = nil) {
        self.folder = folder
        self.command = command
    }

    public var places: String {
        let places = [folder, "the worker's variables PAWL_SECRET_…", command?.place].compactMap { $0 }
        let unset = folder == nil && command == nil
        return places.joined(separator: ", ")
            + (unset ? " (PAWL_SECRETS_DIR and PAWL_SECRETS_COMMAND are not set)" : "")
    }

    public func isAtHand(_ name: String) -> Bool { command?.isAtHand(name) ?? true }

    public func secret(named name: String) throws(StepError) -> [UInt8]? {
        if let folder, Files.exists("\(folder)/\(name)") {
            do {
                return try Files.read("\(folder)/\(name)", limit: Self.largest)
            } catch {
                throw .secretUnavailable("secret \"\(name)\" cannot be read: \(error)")
            }
        }
        if let value = ThisProcess.environment("PAWL_SECRET_\(name)") { return Array(value.utf8) }
        return try command?.value(of: name)
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

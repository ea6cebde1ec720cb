import Linux

/// An API key as it is stored: its secret is known to its owner alone.
public struct AccessKey: Sendable, Hashable {
    public var name: String
    public var role: Role
    /// Of the secret; see ``Secret/hash(_:)``.
    public var hash: String
    public var createdAt: Timestamp
    /// The key of whoever made it, or `local`.
    public var createdBy: String
}

/// A browser that has traded a key for a cookie.
public struct Session: Sendable, Hashable {
    public var hash: String
    /// The name of its key, with which it ends.
    public var key: String
    public var expiresAt: Timestamp
}

/// Everything that may open the API, read at once.
public struct AccessRights: Sendable {
    public var keys: [AccessKey]
    public var sessions: [Session]

    /// Without any key, whoever reaches the server may do anything.
    public var isOpen: Bool { keys.isEmpty }
}

/// Random secrets and their fingerprints.
///
/// A secret has 256 random bits, so a plain SHA-256 cannot be guessed back and needs neither salt nor rounds.
public enum Secret {
    /// A new one: the prefix, then 64 hexadecimal digits.
    public static func make(prefix: String) -> String {
        prefix + Random.bytes(32).hexadecimal
    }

    public static func hash(_ secret: String) -> String { SHA256.hexadecimal(Array(secret.utf8)) }
}

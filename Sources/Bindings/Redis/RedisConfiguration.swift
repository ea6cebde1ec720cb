import Linux

/// Where a Redis is.
public struct RedisConfiguration: Sendable, Hashable {
    public enum Address: Sendable, Hashable {
        case tcp(host: String, port: Int32)
        case unix(path: String)
    }

    public var address: Address
    public var user: String?
    public var password: String?
    public var database = 0
    public var connectTimeout: Duration = .seconds(2)
    /// How long a reply may take before the connection is given up.
    ///
    /// Blocking commands have their own deadline.
    public var replyTimeout: Duration = .seconds(5)

    public init(address: Address) { self.address = address }

    /// Reads `redis://[[user]:password@]host[:port][/database]` or `unix:/path[?db=number]`.
    ///
    /// Percent-encoding is undone in user and password. TLS (`rediss://`) is not supported.
    public init(_ url: String) throws(RedisError) {
        if let path = ["unix://", "unix:"].lazy.compactMap(url.remainder(after:)).first {
            try self.init(unix: path)
        } else if let rest = url.remainder(after: "redis://") {
            try self.init(tcp: rest)
        } else {
            throw Self.malformed("it begins with neither redis:// nor unix:")
        }
    }

    private init(unix text: String) throws(RedisError) {
        let parts = text.split(separator: "?db=", maxSplits: 1)
        guard let path = parts.first, path.hasPrefix("/") else {
            throw Self.malformed("the path is not absolute")
        }
        self.init(address: .unix(path: String(path)))
        if parts.count == 2 { database = try Self.database(parts[1]) }
    }

    private init(tcp text: String) throws(RedisError) {
        let (authority, database) = text.cut(at: "/")
        var place = authority[...]
        var credentials: Substring?
        if let at = authority.lastIndex(of: "@") {
            credentials = authority[..<at]
            place = authority[authority.index(after: at)...]
        }
        // An IPv6 address stands in brackets, because it has colons of its own.
        let colon = place.lastIndex(of: ":").flatMap { place[$0...].contains("]") ? nil : $0 }
        let host = place[..<(colon ?? place.endIndex)].filter { $0 != "[" && $0 != "]" }
        let digits = colon.map { place[place.index(after: $0)...] } ?? "6379"
        guard !host.isEmpty else { throw Self.malformed("it names no host") }
        guard let port = UInt16(digits) else { throw Self.malformed("its port is not a number up to 65535") }
        self.init(address: .tcp(host: host, port: Int32(port)))
        if let credentials {
            let (user, password) = String(credentials).cut(at: ":")
            self.user = user.isEmpty ? nil : user.percentDecoded
            self.password = password.isEmpty ? nil : password.percentDecoded
        }
        if !database.isEmpty { self.database = try Self.database(database[...]) }
    }

    private static func database(_ text: Substring) throws(RedisError) -> Int {
        guard let number = UInt16(text) else { throw malformed("its database is not a number") }
        return Int(number)
    }

    /// The URL is not repeated: it may hold a password.
    private static func malformed(_ reason: String) -> RedisError {
        RedisError(
            .refused,
            "the URL of Redis is not valid: \(reason); write redis://host:6379/0 or unix:/path/to/socket"
        )
    }
}

extension RedisConfiguration.Address: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tcp(let host, let port): "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

extension String {
    fileprivate func remainder(after prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }

    /// What is before and after the first `separator`; nothing after when there is none.
    fileprivate func cut(at separator: Character) -> (String, String) {
        guard let index = firstIndex(of: separator) else { return (self, "") }
        return (String(self[..<index]), String(self[self.index(after: index)...]))
    }

    fileprivate var percentDecoded: String {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"),
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest.removeFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

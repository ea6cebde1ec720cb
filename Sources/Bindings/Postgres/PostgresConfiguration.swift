import CPQ

/// Where a Postgres is and how its sessions are to be.
///
/// Environment variables and files that libpq knows (`PGHOST`, `PGPASSWORD`, `~/.pgpass`) fill in what the
/// connection string leaves out.
public struct PostgresConfiguration: Sendable {
    /// What the connection string says, by libpq's keyword; it may hold a password.
    let keywords: [String: String]
    /// Shown in `pg_stat_activity`, unless the connection string names another.
    public var applicationName = "pawl"
    /// Settings of each session, as in `SET`: `["jit": "off"]`.
    public var settings: [String: String] = [:]
    /// The server ends a statement that takes longer; nil leaves the server's setting.
    public var statementTimeout: Duration?
    /// For one attempt to connect, name resolution aside; `connect_timeout` in the connection string wins.
    public var connectTimeout: Duration = .seconds(5)
    /// Receives warnings and notices of the server, on the thread that uses the connection.
    public var onNotice: (@Sendable (PostgresNotice) -> Void)?

    /// Reads a URL (`postgres://user:password@host:port/database?sslmode=…`) or `keyword=value` pairs, as
    /// the chapter "Connection Strings" of Postgres's manual has them.
    ///
    /// An empty string leaves everything to libpq's defaults and environment.
    public init(_ connectionString: String) throws(PostgresError) {
        var complaint: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(connectionString, &complaint) else {
            let reason = complaint.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(complaint)
            throw Self.malformed(reason)
        }
        defer { PQconninfoFree(options) }
        var keywords: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { keywords[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        self.keywords = keywords
    }

    /// libpq quotes the text that it cannot read, which may be the password: only names are passed on.
    private static func malformed(_ reason: String) -> PostgresError {
        let quotesAName = reason.hasPrefix("invalid connection opt") || reason.hasPrefix("invalid URI query")
        let safe = quotesAName ? reason : reason.replacing(/"[^"]*"/, with: "…")
        return PostgresError(
            .refused,
            "the connection string of Postgres is not valid: \(safe.trimmed)",
            hint: "write it as postgres://user@host:5432/database, or as host=… dbname=… user=…"
        )
    }

    /// The same server and user with another database.
    public func database(_ name: String) -> PostgresConfiguration {
        PostgresConfiguration(copying: self, with: ["dbname": name])
    }

    private init(copying other: PostgresConfiguration, with changes: [String: String]) {
        keywords = other.keywords.merging(changes) { $1 }
        applicationName = other.applicationName
        settings = other.settings
        statementTimeout = other.statementTimeout
        connectTimeout = other.connectTimeout
        onNotice = other.onNotice
    }
}

extension PostgresConfiguration {
    /// What libpq is told: the connection string, over our defaults, under what we cannot do without.
    var parameters: [String: String] {
        let defaults = [
            "application_name": applicationName,
            // A primary that failed over leaves a replica behind that would refuse every write.
            "target_session_attrs": "read-write",
            // A peer that is gone is noticed within 25 s, though no statement of ours has a timeout.
            "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3",
            "tcp_user_timeout": "20000",
        ]
        var parameters = defaults.merging(keywords) { $1 }
        parameters["client_encoding"] = "UTF8"
        parameters["options"] = ([keywords["options"] ?? ""] + sessionOptions).joined(separator: " ")
        return parameters
    }

    private var sessionOptions: [String] {
        var settings = settings
        if let statementTimeout {
            settings["statement_timeout"] = String(Int(statementTimeout / .milliseconds(1)))
        }
        return settings.sorted { $0.key < $1.key }.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing(" ", with: "\\ ")
            return "-c \(name)=\(escaped)"
        }
    }

    var attemptTimeout: Duration {
        guard let text = keywords["connect_timeout"], let seconds = Int(text), seconds > 0 else {
            return connectTimeout
        }
        return .seconds(seconds)
    }
}

/// A warning or notice that a server sent beside its replies.
public struct PostgresNotice: Sendable, Hashable {
    public var severity: String
    public var sqlState: SQLState?
    public var message: String
}

extension String {
    /// Without white space at its ends.
    var trimmed: String {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

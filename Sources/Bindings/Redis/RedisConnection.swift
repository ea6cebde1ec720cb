import CHiredis
import Glibc
import Linux

/// A connection to a Redis server, for one thread at a time.
///
/// Every call blocks its thread, so it belongs on a thread of its own, never on Swift's cooperative pool.
/// After an error with `isConnectionLoss` it is closed, and works again after `reconnect`; subscriptions
/// are gone.
public final class RedisConnection {
    public let configuration: RedisConfiguration
    /// Nil when closed or lost.
    private(set) var raw: UnsafeMutablePointer<redisContext>?

    /// A connection that is yet to be opened, by `reopen` or `reconnect`.
    public init(_ configuration: RedisConfiguration) { self.configuration = configuration }

    deinit { close() }

    /// Connects, in one attempt.
    public static func open(_ configuration: RedisConfiguration) throws(RedisError) -> RedisConnection {
        let connection = RedisConnection(configuration)
        try connection.reopen()
        return connection
    }

    /// Whether the connection has not been found broken; a command may still find it so.
    public var isOpen: Bool { raw != nil }

    public func close() {
        guard let raw else { return }
        self.raw = nil
        redisFree(raw)
    }

    /// Closes the connection if there is one, and connects in one attempt.
    public func reopen() throws(RedisError) {
        close()
        raw = try connect(configuration)
        do {
            if let password = configuration.password {
                let user = configuration.user.map { [RedisArgument.text($0)] } ?? []
                try command(["AUTH"] + user + [.text(password)])
            }
            if configuration.database != 0 {
                try command(["SELECT", .integer(Int64(configuration.database))])
            }
            // A server that still loads its data accepts connections and answers LOADING.
            try command(["PING"])
        } catch {
            close()
            throw error.whileConnecting(to: configuration.address)
        }
    }

    /// Connects, again and again while the server cannot be reached.
    ///
    /// What only a person can repair is thrown at once (`refused`); the last `unreachable` is thrown at the
    /// deadline, or when `waker` is woken.
    public func reconnect(
        until deadline: MonotonicTime? = nil,
        policy: ReconnectPolicy = ReconnectPolicy(),
        waker: Waker = Waker()
    ) throws(RedisError) {
        var attempt = 0
        while true {
            do {
                return try reopen()
            } catch {
                guard error.kind == .unreachable else { throw error }
                let next = MonotonicTime.now + policy.delay(after: attempt, fraction: .random(in: 0..<1))
                if let deadline, next >= deadline { throw error }
                if waker.wait(until: next) == .woken { throw error }
                attempt += 1
            }
        }
    }

    /// Runs one command; an error that the server answers is thrown.
    @discardableResult
    public func command(_ arguments: [RedisArgument]) throws(RedisError) -> RedisReply {
        try append(arguments)
        let reply = try nextReply()
        if case .error(let message) = reply { throw RedisError(.server, message) }
        return reply
    }

    /// Runs several commands in one round trip; the reply of each may be an `error`.
    public func pipeline(_ commands: [[RedisArgument]]) throws(RedisError) -> [RedisReply] {
        for command in commands { try append(command) }
        var replies: [RedisReply] = []
        replies.reserveCapacity(commands.count)
        for _ in commands { replies.append(try nextReply()) }
        return replies
    }
}

extension RedisConnection {
    /// Puts a command into the output buffer.
    func append(_ arguments: [RedisArgument]) throws(RedisError) {
        precondition(!arguments.isEmpty, "a command without a name")
        let raw = try opened()
        let status = ArgumentVector(arguments).lend { count, words, lengths in
            redisAppendCommandArgv(raw, count, words, lengths)
        }
        if status != REDIS_OK { throw lost() }
    }

    /// Writes what is in the output buffer and blocks until a reply has come.
    func nextReply() throws(RedisError) -> RedisReply {
        let raw = try opened()
        var pointer: UnsafeMutableRawPointer?
        guard redisGetReply(raw, &pointer) == REDIS_OK, let pointer else { throw lost() }
        return take(pointer)
    }

    func take(_ pointer: UnsafeMutableRawPointer) -> RedisReply {
        defer { freeReplyObject(pointer) }
        return RedisReply(copying: pointer.assumingMemoryBound(to: redisReply.self))
    }

    func opened() throws(RedisError) -> UnsafeMutablePointer<redisContext> {
        guard let raw else { throw RedisError(.lost, "the connection to Redis is closed") }
        return raw
    }

    /// The error of a connection that broke; closes it.
    func lost() -> RedisError {
        // hiredis reports a reply that took too long as EAGAIN of the socket's receive timeout.
        let isTimeout = raw?.pointee.err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK)
        let reason = isTimeout ? "no reply within \(configuration.replyTimeout)" : raw?.complaint ?? "closed"
        close()
        return RedisError(.lost, "the connection to Redis at \(configuration.address) broke: \(reason)")
    }
}

extension UnsafeMutablePointer<redisContext> {
    /// hiredis's own account of what went wrong.
    fileprivate var complaint: String {
        withUnsafeBytes(of: &pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

extension RedisError {
    /// An error of the first commands of a connection, told as a failure to connect.
    fileprivate func whileConnecting(to address: RedisConfiguration.Address) -> RedisError {
        let isPassing = kind != .server || message.hasPrefix("LOADING") || message.hasPrefix("BUSY")
        return RedisError(isPassing ? .unreachable : .refused, "cannot use Redis at \(address): \(message)")
    }
}

/// hiredis writes to sockets without MSG_NOSIGNAL, so a server that went away would end this process.
private let brokenPipesAreErrors: Void = Signals.ignoreBrokenPipes()

private func connect(
    _ configuration: RedisConfiguration
) throws(RedisError) -> UnsafeMutablePointer<redisContext> {
    brokenPipesAreErrors
    let timeout = timeval(configuration.connectTimeout)
    let context =
        switch configuration.address {
        case .tcp(let host, let port): redisConnectWithTimeout(host, port, timeout)
        case .unix(let path): redisConnectUnixWithTimeout(path, timeout)
        }
    guard let context else { throw RedisError(.unreachable, "hiredis is out of memory") }
    guard context.pointee.err == 0 else {
        defer { redisFree(context) }
        throw RedisError(
            .unreachable,
            "cannot connect to Redis at \(configuration.address): \(context.complaint); "
                + "start it there, or say with REDIS_URL where it listens"
        )
    }
    // Neither is done by hiredis 0.14.
    _ = fcntl(context.pointee.fd, F_SETFD, FD_CLOEXEC)
    redisSetTimeout(context, timeval(configuration.replyTimeout))
    if case .tcp = configuration.address { redisEnableKeepAlive(context) }
    return context
}

extension timeval {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}

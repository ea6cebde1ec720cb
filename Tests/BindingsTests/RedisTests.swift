import Linux
import Redis
import TestSupport
import Testing

@Suite("Redis", .timeLimit(.minutes(1)))
struct RedisTests {
    @Test("replies of every kind come back, and any bytes are kept")
    func replies() async throws {
        let redis = try await TestServers.redis()
        try await onOwnThread {
            let connection = try RedisConnection.open(redis.configuration)
            let key = RedisArgument.text(Random.bytes(8).hexadecimal)
            let bytes: [UInt8] = [0, 13, 10, 255, 32]
            #expect(try connection.command(["SET", key, .bytes(bytes)]) == .status("OK"))
            #expect(try connection.command(["GET", key]) == .bytes(bytes))
            #expect(try connection.command(["SET", key, ""]) == .status("OK"))
            #expect(try connection.command(["GET", key]).bytes == [])
            #expect(try connection.command(["GET", "no such key"]) == .null)
            #expect(try connection.command(["DEL", key]).integer == 1)
            #expect(try connection.command(["RPUSH", key, "a", 2]).integer == 2)
            #expect(try connection.command(["LRANGE", key, 0, -1]).array?.map(\.text) == ["a", "2"])
            let error = #expect(throws: RedisError.self) { try connection.command(["GET", key]) }
            #expect(error?.kind == .server)
            #expect(error?.message.hasPrefix("WRONGTYPE") == true)
        }
    }

    @Test("a pipeline gives a reply for each command, errors among them")
    func pipelines() async throws {
        let redis = try await TestServers.redis()
        try await onOwnThread {
            let connection = try RedisConnection.open(redis.configuration)
            let key = RedisArgument.text(Random.bytes(8).hexadecimal)
            let commands =
                (1...1000).map { _ in [RedisArgument.text("INCR"), key] } + [["LPOP", key], ["GET", key]]
            let replies = try connection.pipeline(commands)
            #expect(replies.prefix(1000).map(\.integer) == (1...1000).map { Int64($0) })
            guard case .error = replies[1000] else {
                Issue.record("LPOP of a number gave \(replies[1000])")
                return
            }
            #expect(replies[1001].text == "1000")
        }
    }

    @Test("a message, a wake and a deadline each end a subscriber's wait")
    func messages() async throws {
        let redis = try await TestServers.redis()
        try await onOwnThread {
            let channels = [Random.bytes(8).hexadecimal, Random.bytes(8).hexadecimal]
            let waker = Waker()
            let subscriber = try RedisConnection.open(redis.configuration)
            try subscriber.subscribe(to: channels)
            let publisher = try RedisConnection.open(redis.configuration)
            for (index, channel) in channels.enumerated() {
                #expect(try publisher.publish([UInt8(index)], to: channel) == 1)
            }
            for (index, channel) in channels.enumerated() {
                let wait = try subscriber.nextMessage(until: .now + .seconds(20), waker: waker)
                guard case .received(let message) = wait else {
                    Issue.record("no message: \(wait)")
                    return
                }
                #expect(message.channel == channel)
                #expect(message.payload == [UInt8(index)])
            }
            waker.wake()
            guard case .woken = try subscriber.nextMessage(waker: waker) else {
                Issue.record("a wake did not end the wait")
                return
            }
            guard case .timedOut = try subscriber.nextMessage(until: .now, waker: waker) else {
                Issue.record("a deadline did not end the wait")
                return
            }
        }
    }

    @Test("a blocking command gives what another client pushes, or the server's time-out, or ends by a wake")
    func blockingCommands() async throws {
        let redis = try await TestServers.redis()
        let key = RedisArgument.text(Random.bytes(8).hexadecimal)
        async let popped = onOwnThread {
            let connection = try RedisConnection.open(redis.configuration)
            let wait = try connection.blockingCommand(
                ["BRPOP", key, 30],
                until: .now + .seconds(40),
                waker: Waker()
            )
            guard case .received(let reply) = wait else { return nil as String? }
            return reply.array?.last?.text
        }
        try await onOwnThread {
            try RedisConnection.open(redis.configuration).command(["LPUSH", key, "work"])
        }
        #expect(try await popped == "work")
        try await onOwnThread {
            let waker = Waker()
            let connection = try RedisConnection.open(redis.configuration)
            let late = try connection.blockingCommand(["BRPOP", "nothing", "0.01"], waker: waker)
            guard case .received(.null) = late else {
                Issue.record("the server's time-out gave \(late)")
                return
            }
            waker.wake()
            guard case .woken = try connection.blockingCommand(["BRPOP", "nothing", 0], waker: waker) else {
                Issue.record("a wake did not end the wait")
                return
            }
            #expect(!connection.isOpen)
        }
    }

    @Test("a server that is killed is a loss, and its return is ridden out with one call")
    func killAndReturn() async throws {
        let redis = try await TestServers.ownRedis()
        defer { redis.remove() }
        try await onOwnThread {
            let connection = try RedisConnection.open(redis.configuration)
            try connection.command(["SET", "key", "value"])
            redis.kill()
            let error = #expect(throws: RedisError.self) { try connection.command(["GET", "key"]) }
            #expect(error?.kind == .lost)
            #expect(!connection.isOpen)
            let gone = #expect(throws: RedisError.self) { try connection.reopen() }
            #expect(gone?.kind == .unreachable)
            #expect(gone?.message.contains("REDIS_URL") == true)
            let starter = DedicatedThread("starter") { try? redis.start() }
            try connection.reconnect(until: .now + .seconds(20))
            #expect(try connection.command(["GET", "key"]) == .null)
            starter.join()
        }
    }

    @Test("a silent server is given up after the reply timeout")
    func replyTimeout() async throws {
        let redis = try await TestServers.redis()
        try await onOwnThread {
            var configuration = redis.configuration
            configuration.replyTimeout = .milliseconds(20)
            let connection = try RedisConnection.open(configuration)
            let error = #expect(throws: RedisError.self) { try connection.command(["BRPOP", "nothing", 30]) }
            #expect(error?.kind == .lost)
            #expect(error?.message.contains("no reply within") == true)
        }
    }

    @Test("a wrong password is refused for good and never repeated")
    func wrongPassword() async throws {
        let redis = try await TestServers.ownRedis()
        defer { redis.remove() }
        try await onOwnThread {
            try RedisConnection.open(redis.configuration).command(["CONFIG", "SET", "requirepass", "right"])
            var configuration = redis.configuration
            for password in [nil, "sesame"] {
                configuration.password = password
                let error = #expect(throws: RedisError.self) {
                    try RedisConnection.open(configuration).close()
                }
                #expect(error?.kind == .refused)
                #expect(error.map { !"\($0)".contains("sesame") } == true)
            }
            configuration.password = "right"
            #expect(try RedisConnection.open(configuration).isOpen)
        }
    }

    @Test("URLs of Redis read as they are meant")
    func urls() throws {
        var local = RedisConfiguration(address: .tcp(host: "localhost", port: 6379))
        #expect(try RedisConfiguration("redis://localhost") == local)
        local.database = 3
        local.user = "me"
        local.password = "p:@%"
        #expect(try RedisConfiguration("redis://me:p%3A%40%25@localhost:6379/3") == local)
        #expect(try RedisConfiguration("redis://[::1]:7000").address == .tcp(host: "::1", port: 7000))
        #expect(try RedisConfiguration("unix:/run/redis.sock").address == .unix(path: "/run/redis.sock"))
        #expect(try RedisConfiguration("unix:///run/redis.sock?db=2").database == 2)
        for url in ["rediss://h", "redis://", "redis://h:port", "unix:relative", "redis://:secret@h/x", ""] {
            let error = #expect(throws: RedisError.self) { _ = try RedisConfiguration(url) }
            #expect(error?.kind == .refused, "\(url)")
            #expect(error.map { !"\($0)".contains("secret") } == true)
        }
    }
}

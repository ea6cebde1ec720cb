import CHiredis
import Glibc
import Linux

/// A message of a subscribed channel.
public struct RedisMessage: Sendable, Hashable {
    public var channel: String
    public var payload: [UInt8]
}

/// What ended a wait for something that Redis sends.
public enum RedisWait<Value: Sendable>: Sendable {
    case received(Value)
    case woken
    case timedOut
}

extension RedisConnection {
    /// Runs a command that waits in the server, such as `BRPOP key 30` or `XREAD BLOCK …`.
    ///
    /// Gives the reply (`null` when the server's own time-out passed). A wake or the deadline, which should
    /// lie past the server's time-out, closes the connection, because the reply would still come.
    public func blockingCommand(
        _ arguments: [RedisArgument],
        until deadline: MonotonicTime? = nil,
        waker: Waker
    ) throws(RedisError) -> RedisWait<RedisReply> {
        try append(arguments)
        let result = try receive(until: deadline, waker: waker)
        switch result {
        case .received(.error(let message)): throw RedisError(.server, message)
        case .received: break
        case .woken, .timedOut: close()
        }
        return result
    }

    /// Begins to receive the messages of channels; from now on the connection is for `nextMessage` alone.
    public func subscribe(to channels: [String]) throws(RedisError) {
        try append(["SUBSCRIBE"] + channels.map { .text($0) })
        for _ in channels {
            if case .error(let message) = try nextReply() { throw RedisError(.server, message) }
        }
    }

    /// Blocks this thread until a message of a subscribed channel, the deadline (nil: none), or a wake.
    public func nextMessage(
        until deadline: MonotonicTime? = nil,
        waker: Waker
    ) throws(RedisError) -> RedisWait<RedisMessage> {
        while true {
            switch try receive(until: deadline, waker: waker) {
            case .woken: return .woken
            case .timedOut: return .timedOut
            case .received(let reply):
                guard let parts = reply.array, parts.count == 3, parts[0].text == "message",
                    let channel = parts[1].text, let payload = parts[2].bytes
                else { continue }
                return .received(RedisMessage(channel: channel, payload: payload))
            }
        }
    }

    /// Sends a message; gives how many clients received it.
    @discardableResult
    public func publish(_ payload: [UInt8], to channel: String) throws(RedisError) -> Int {
        Int(try command(["PUBLISH", .text(channel), .bytes(payload)]).integer ?? 0)
    }

    /// Writes what is to be sent, and blocks until something has been received.
    private func receive(
        until deadline: MonotonicTime?,
        waker: Waker
    ) throws(RedisError) -> RedisWait<RedisReply> {
        let raw = try opened()
        try flush(raw)
        while true {
            var pointer: UnsafeMutableRawPointer?
            guard redisReaderGetReply(raw.pointee.reader, &pointer) == REDIS_OK else { throw lost() }
            if let pointer { return .received(take(pointer)) }
            switch waker.wait(for: raw.pointee.fd, events: POLLIN, until: deadline) {
            case .woken: return .woken
            case .timedOut: return .timedOut
            case .ready: if redisBufferRead(raw) != REDIS_OK { throw lost() }
            }
        }
    }

    private func flush(_ raw: UnsafeMutablePointer<redisContext>) throws(RedisError) {
        var isDone: Int32 = 0
        while isDone == 0 {
            guard redisBufferWrite(raw, &isDone) == REDIS_OK else { throw lost() }
        }
    }
}

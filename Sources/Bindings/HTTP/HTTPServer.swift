import CMicrohttpd
import Glibc
import Linux

/// An HTTP/1.1 server on a small pool of threads.
///
/// The handler runs on one of them and must not block; it answers through its `Responder`, at once or later.
/// `Expect: 100-continue`, chunked bodies, pipelining and keep-alive are libmicrohttpd's.
public final class HTTPServer: Sendable {
    public typealias Handler = @Sendable (HTTPRequest, Responder) -> Void

    public struct Limits: Sendable {
        /// Bytes of a body; more is answered with 413.
        public var body = 4 << 20
        /// Other limits, by path.
        public var bodies: [String: Int] = [:]
        /// Bytes of a request line and all its headers.
        public var head = 32 << 10
        public var connections: UInt32 = 10_000
        /// How long a connection may neither send nor take anything; suspended ones excepted.
        public var idle = Duration.seconds(60)
        public var threads: UInt32 = 2

        public init() {}
    }

    /// Where the server listens, with the port that was picked for port 0.
    public let port: UInt16
    private let core: ServerCore
    // Sendable: libmicrohttpd locks its daemon itself.
    private nonisolated(unsafe) let daemon: OpaquePointer
    private let hasStopped = Locked(false)

    /// Starts to listen on a TCP address; port 0 picks a free one.
    public init(
        host: String = "127.0.0.1",
        port: UInt16 = 0,
        limits: Limits = Limits(),
        handler: @escaping Handler
    ) throws(HTTPError) {
        let socket = try ListeningSocket(host: host, port: port)
        let core = ServerCore(limits: limits, handler: handler)
        var options = pawl_http_options(
            listen_fd: socket.descriptor,
            threads: limits.threads,
            idle_seconds: UInt32(clamping: max(1, limits.idle.components.seconds)),
            connections: limits.connections,
            connection_memory: limits.head,
            stack_bytes: 1 << 20,
            context: Unmanaged.passUnretained(core).toOpaque(),
            started: started,
            handler: handle,
            completed: completed
        )
        guard let daemon = pawl_http_start(&options) else {
            socket.close()
            throw .cannotListen(address: "\(host):\(port)", reason: "libmicrohttpd cannot start its threads")
        }
        self.port = socket.port
        self.core = core
        self.daemon = daemon
    }

    deinit { stop(grace: .zero) }

    /// Whether it has been told to stop.
    public var isStopping: Bool { core.isStopping }

    /// How many requests are being read, answered or streamed.
    public var inFlight: Int { core.inFlight }

    /// Ends all streams, lets requests in flight be answered for as long as `grace`, and stops listening.
    ///
    /// What is not answered by then gets 503, as does what comes meanwhile. Blocks until the last connection
    /// is closed; never call it from a handler.
    public func stop(grace: Duration = .seconds(5)) {
        let isFirst = hasStopped.withLock { hasStopped in
            defer { hasStopped = true }
            return !hasStopped
        }
        guard isFirst else { return }
        // New clients get 503 while the others are answered. MHD_quiesce_daemon would refuse them at once,
        // but takes the socket out of each thread's epoll set while the thread may do the same, and aborts
        // the process if both do.
        core.drain(grace: grace)
        MHD_stop_daemon(daemon)
    }
}

/// What all exchanges of a server share.
final class ServerCore: Sendable {
    private struct Registry {
        var exchanges: [ObjectIdentifier: Exchange] = [:]
        var isStopping = false
    }

    let handler: HTTPServer.Handler
    private let limits: HTTPServer.Limits
    /// So much is read and thrown away of a body that is too large, so that its client reads our answer.
    let drainLimit: Int
    private let registry = Monitor(Registry())

    init(limits: HTTPServer.Limits, handler: @escaping HTTPServer.Handler) {
        self.handler = handler
        self.limits = limits
        drainLimit = max(limits.body, limits.bodies.values.max() ?? 0) * 16
    }

    func bodyLimit(of path: String) -> Int { limits.bodies[path] ?? limits.body }

    var isStopping: Bool { registry.withLock { $0.isStopping } }
    var inFlight: Int { registry.withLock { $0.exchanges.count } }

    func add(_ exchange: Exchange) {
        registry.withLock { $0.exchanges[ObjectIdentifier(exchange)] = exchange }
    }

    func remove(_ exchange: Exchange) {
        registry.withLock { $0.exchanges[ObjectIdentifier(exchange)] = nil }
    }

    /// Sees that no connection is suspended any more: libmicrohttpd aborts if it is stopped with one.
    ///
    /// Once `isStopping` is set, no request reaches the handler and no stream stays open, so what can still
    /// be suspended is in the registry.
    func drain(grace: Duration) {
        let before = registry.withLock { registry in
            registry.isStopping = true
            return Array(registry.exchanges.values)
        }
        for exchange in before { exchange.closeStream() }
        if waitUntilIdle(until: .now + grace) { return }
        for exchange in registry.withLock({ Array($0.exchanges.values) }) {
            exchange.answer(.stopping)
            exchange.closeStream()
        }
        _ = waitUntilIdle(until: .now + .seconds(1))
    }

    private func waitUntilIdle(until deadline: MonotonicTime) -> Bool {
        registry.wait(until: deadline) { $0.exchanges.isEmpty ? true : nil } ?? false
    }
}

import Linux

/// Stands between Pawl and a server, on a Unix socket, and lets through what it is told to.
public final class Proxy: Sendable {
    /// What becomes of what is sent, and of new connections.
    public enum Behaviour: Sendable, Hashable {
        case pass
        /// Everything arrives so much later.
        case slow(Duration)
        /// Connections stay and come, and nothing arrives on them: half open.
        case silent
        /// Requests arrive, answers do not: a partition one way.
        case deaf
        /// No connection lives, none comes about.
        case cut
        /// One answer of so many is lost with its connection, when what it answers is done.
        case loseReplies(oneIn: Int)
    }

    fileprivate enum Direction { case request, reply }

    private struct State {
        var behaviour = Behaviour.pass
        var connections: [Connection] = []
        var random: SeededGenerator
        var losses = 0
    }

    /// Where clients connect.
    public let path: String
    private let target: String
    private let listener: Descriptor
    private let state: Monitor<State>

    /// Listens on `path` and goes on to `target`, both paths of Unix sockets; `seed` says which replies are
    /// lost.
    public init(_ path: String, to target: String, seed: UInt64 = 0) throws {
        self.path = path
        self.target = target
        Signals.ignoreBrokenPipes()
        listener = try UnixSocket.listen(path)
        state = Monitor(State(random: SeededGenerator(seed: seed)))
        DedicatedThread("proxy", stackBytes: 128 << 10) { [self] in accept() }
    }

    /// Replies that were lost so far.
    public var losses: Int { state.withLock { $0.losses } }

    /// Changes what becomes of traffic from now on; `.cut` ends what is connected.
    public func set(_ behaviour: Behaviour) {
        state.withLock { $0.behaviour = behaviour }
        if behaviour == .cut { cutAll() }
    }

    /// Ends all connections.
    public func cutAll() {
        let ended = state.withLock { state in
            defer { state.connections = [] }
            return state.connections
        }
        for connection in ended { connection.end() }
    }

    /// Ends all connections and listens no more.
    public func stop() {
        set(.cut)
        listener.shutDown()
    }

    private func accept() {
        while let client = try? listener.accept() {
            guard state.withLock({ $0.behaviour }) != .cut, let server = try? UnixSocket.connect(target)
            else { continue }
            let connection = Connection(client: client, server: server)
            state.withLock { $0.connections.append(connection) }
            DedicatedThread("proxy-out", stackBytes: 192 << 10) { [self] in
                pump(connection, .request)
            }
            DedicatedThread("proxy-in", stackBytes: 192 << 10) { [self] in pump(connection, .reply) }
        }
    }

    private func pump(_ connection: Connection, _ direction: Direction) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case .bytes(let count)? = try? connection.read(direction, into: &buffer) {
            guard mayPass(connection, direction) else { break }
            guard (try? connection.write(direction, Array(buffer[..<count]))) != nil else { break }
        }
        connection.end()
        state.withLock { state in state.connections.removeAll { $0 === connection } }
    }

    private enum Verdict { case passes(after: Duration), isLost }

    /// Waits as long as nothing may pass; false when the connection is lost instead.
    private func mayPass(_ connection: Connection, _ direction: Direction) -> Bool {
        let verdict = state.wait { state -> Verdict? in
            guard state.connections.contains(where: { $0 === connection }) else { return .isLost }
            switch state.behaviour {
            case .pass: return .passes(after: .zero)
            case .slow(let delay): return .passes(after: delay)
            case .silent: return nil
            case .deaf: return direction == .request ? .passes(after: .zero) : nil
            case .cut: return .isLost
            case .loseReplies(let share):
                let isLost = direction == .reply && Int.random(in: 0..<share, using: &state.random) == 0
                if isLost { state.losses += 1 }
                return isLost ? .isLost : .passes(after: .zero)
            }
        }
        guard case .passes(let delay) = verdict else { return false }
        if delay > .zero { Waker().wait(until: .now + delay) }
        return true
    }
}

/// A client's connection, and the one to the server that goes with it.
private final class Connection: Sendable {
    private let client: Descriptor
    private let server: Descriptor

    init(client: consuming Descriptor, server: consuming Descriptor) {
        self.client = client
        self.server = server
    }

    func read(_ direction: Proxy.Direction, into buffer: inout [UInt8]) throws -> Descriptor.Reading {
        direction == .request ? try client.read(into: &buffer) : try server.read(into: &buffer)
    }

    func write(_ direction: Proxy.Direction, _ bytes: [UInt8]) throws {
        direction == .request ? try server.write(bytes) : try client.write(bytes)
    }

    func end() {
        client.shutDown()
        server.shutDown()
    }
}

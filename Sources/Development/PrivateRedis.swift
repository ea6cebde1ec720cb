import Glibc
import Linux
import Redis

/// A Redis server of our own, reached by a Unix socket alone, that keeps nothing on disk.
///
/// It ends when this process does, however that happens.
public final class PrivateRedis: Sendable {
    private let folder: ServerFolder
    private let program: String
    private let process = Locked<ServerProcess?>(nil)

    private static let socketName = "redis.sock"

    /// Takes possession of a folder, which is made if need be, and of the server in it if one still runs.
    public init(folder path: String) throws(DevelopmentError) {
        folder = try ServerFolder(path, user: nil, socketName: Self.socketName)
        program = try Executables.find("redis-server", package: "redis-server")
    }

    deinit { stop() }

    /// The path of the server's socket.
    public var socket: String { "\(folder.socketFolder)/\(Self.socketName)" }

    /// A URL for `REDIS_URL`.
    public var url: String { "unix:\(socket)" }

    public var configuration: RedisConfiguration { RedisConfiguration(address: .unix(path: socket)) }

    /// What the server writes.
    public var log: String { "\(folder.path)/redis.log" }

    /// Nil when the server does not run.
    public var pid: Int32? { process.withLock { $0?.hasExited == false ? $0?.pid : nil } }

    /// Starts the server, empty, and waits until it answers.
    public func start() throws(DevelopmentError) {
        guard pid == nil else { return }
        try clearLeftovers()
        let process = try server.start()
        self.process.withLock { $0 = process }
        try waitUntilReady(process, until: .now + .seconds(20))
    }

    /// Ends the server and waits for that; nothing happens when it does not run.
    public func stop() { end(with: SIGTERM) }

    /// Ends the server by SIGKILL.
    public func kill() { end(with: SIGKILL) }

    /// Forgets everything, as a restart would.
    public func flush() throws(RedisError) { try RedisConnection.open(configuration).command(["FLUSHALL"]) }

    /// Ends the server and removes its folder.
    public func remove() {
        kill()
        folder.remove()
    }
}

extension PrivateRedis {
    private var pidFile: String { "\(folder.path)/redis.pid" }

    private var server: ServerCommand {
        ServerCommand(
            executable: program,
            arguments: [
                "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--pidfile", pidFile,
                "--dir", folder.path, "--save", "", "--appendonly", "no", "--maxmemory", "64mb",
            ],
            log: log,
            deathSignal: "KILL"
        )
    }

    private func clearLeftovers() throws(DevelopmentError) {
        if let text = try? Files.read(pidFile) {
            let digits = String(decoding: text, as: UTF8.self).filter { !$0.isWhitespace }
            if let pid = Int32(digits) {
                try folder.end(earlier: pid, with: SIGKILL, within: .seconds(10))
            }
        }
        for leftover in [pidFile, socket] { try? Files.removeFile(leftover) }
    }

    private func waitUntilReady(
        _ process: ServerProcess,
        until deadline: MonotonicTime
    ) throws(DevelopmentError) {
        while true {
            do {
                return try RedisConnection.open(configuration).close()
            } catch {
                guard error.kind == .unreachable, MonotonicTime.now < deadline else {
                    throw DevelopmentError("the private Redis does not answer: \(error)", log: log)
                }
            }
            if process.waitForExit(until: .now + .milliseconds(10)) != nil {
                throw DevelopmentError("the private Redis ended while starting", log: log)
            }
        }
    }

    private func end(with signal: Int32) {
        guard let process = process.withLock({ $0.take() }) else { return }
        process.signal(signal)
        if process.waitForExit(until: .now + .seconds(10)) != nil { return }
        process.signal(SIGKILL)
        _ = process.waitForExit(until: nil)
    }
}

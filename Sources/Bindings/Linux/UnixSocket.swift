import CLinux
import Glibc

/// Stream sockets that have a path: unix(7).
public enum UnixSocket {
    /// Makes the socket at `path` and listens; the path must be free.
    public static func listen(_ path: String) throws(LinuxError) -> Descriptor {
        let socket = try make(path)
        guard withAddress(path, { bind(socket.number, $0, $1) }) == 0 else {
            throw LinuxError(last: "bind", path)
        }
        guard Glibc.listen(socket.number, 128) == 0 else { throw LinuxError(last: "listen", path) }
        return socket
    }

    /// Connects to the socket at `path`; blocks while the other side's queue is full.
    public static func connect(_ path: String) throws(LinuxError) -> Descriptor {
        let socket = try make(path)
        guard withAddress(path, { Glibc.connect(socket.number, $0, $1) }) == 0 else {
            throw LinuxError(last: "connect", path)
        }
        return socket
    }

    private static func make(_ path: String) throws(LinuxError) -> Descriptor {
        guard path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
            throw LinuxError("socket", path, errno: ENAMETOOLONG)
        }
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw LinuxError(last: "socket", path) }
        return Descriptor(owning: number)
    }

    private static func withAddress(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

extension Descriptor {
    /// Waits for the next connection of a socket that listens.
    ///
    /// - Throws: `EINVAL` once ``shutDown()`` was called.
    public borrowing func accept() throws(LinuxError) -> Descriptor {
        while true {
            let connected = pawl_accept(number)
            if connected >= 0 { return Descriptor(owning: connected) }
            if errno != EINTR && errno != ECONNABORTED { throw LinuxError(last: "accept4") }
        }
    }

    /// Ends a socket's conversation both ways; whoever reads from it finds the end.
    public borrowing func shutDown() { _ = shutdown(number, Int32(SHUT_RDWR)) }
}

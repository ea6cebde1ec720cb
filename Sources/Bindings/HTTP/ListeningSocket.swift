import Glibc
import Linux

/// A TCP socket that listens, ours rather than libmicrohttpd's so that errors have a reason.
struct ListeningSocket {
    let descriptor: Int32
    let port: UInt16

    init(host: String, port: UInt16) throws(HTTPError) {
        let address = "\(host):\(port)"
        let candidates = try SocketAddress.resolve(host, port: port) {
            .cannotListen(address: address, reason: $0)
        }
        var reason = "no address"
        for candidate in candidates {
            let descriptor = socket(candidate.family, socketKind, 0)
            guard descriptor >= 0 else {
                reason = LinuxError.text(errno)
                continue
            }
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            let isBound = candidate.withPointer { bind(descriptor, $0, $1) == 0 }
            if isBound, listen(descriptor, 1024) == 0, let port = SocketAddress.port(of: descriptor) {
                self.descriptor = descriptor
                self.port = port
                return
            }
            reason = LinuxError.text(errno)
            Glibc.close(descriptor)
        }
        throw .cannotListen(address: address, reason: reason)
    }

    func close() { Glibc.close(descriptor) }
}

import Glibc

/// A stream socket that is not inherited by children and never blocks.
let socketKind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)

/// An address as the kernel takes it.
struct SocketAddress {
    let family: Int32
    private let bytes: [UInt8]

    /// Looks a host name up.
    static func resolve(
        _ host: String,
        port: UInt16,
        failure: (String) -> HTTPError
    ) throws(HTTPError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let error = getaddrinfo(host, String(port), &hints, &list)
        guard error == 0 else { throw failure(String(cString: gai_strerror(error))) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            let bytes = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
            addresses.append(SocketAddress(family: entry.ai_family, bytes: Array(bytes)))
            next = entry.ai_next
        }
        return addresses
    }

    /// The address of a Unix socket; nil if the path is too long for one.
    static func unix(_ path: String) -> SocketAddress? {
        var address = sockaddr_un()
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafeBytes(of: &address) { SocketAddress(family: AF_UNIX, bytes: Array($0)) }
    }

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.bindMemory(to: sockaddr.self).baseAddress else {
                preconditionFailure("an address is never empty")
            }
            return body(base, socklen_t(bytes.count))
        }
    }

    /// The port that a bound socket has.
    static func port(of descriptor: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { bytes in
            guard let address = bytes.bindMemory(to: sockaddr.self).baseAddress,
                getsockname(descriptor, address, &length) == 0
            else { return nil }
            // The port has the same place in sockaddr_in and sockaddr_in6, behind the family.
            return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        }
    }
}

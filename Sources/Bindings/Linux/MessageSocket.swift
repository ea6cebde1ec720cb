import CLinux
import Glibc

/// One end of a pair of sockets that keep messages apart and can pass descriptors (`SOCK_SEQPACKET`).
public struct MessageSocket: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// The number, for a call that needs it while the owner lives.
    public var number: Int32 { descriptor.number }

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Makes a connected pair: returns the end to keep, and puts the end to give to a child in `peer`.
    public static func pair(peer: inout Descriptor?) throws(LinuxError) -> MessageSocket {
        var ends: [Int32] = [-1, -1]
        guard pawl_socketpair(&ends) == 0 else { throw LinuxError(last: "socketpair") }
        peer = Descriptor(owning: ends[1])
        return MessageSocket(Descriptor(owning: ends[0]))
    }

    /// Sends one message with copies of at most eight descriptors; never blocks.
    public borrowing func send(_ bytes: [UInt8], descriptors: [Int32] = []) throws(LinuxError) {
        guard pawl_send(number, bytes, bytes.count, descriptors, descriptors.count) == bytes.count else {
            throw LinuxError(last: "sendmsg")
        }
    }

    /// Receives one message into `buffer`, or finds that there is none or that the peer is gone.
    public borrowing func receive(into buffer: inout [UInt8]) throws(LinuxError) -> Descriptor.Reading {
        try reading(pawl_receive(number, &buffer, buffer.count))
    }

    /// The same with the folders whose descriptors come along, at most two; `paths` are what they are called.
    public borrowing func receive(
        into buffer: inout [UInt8],
        folders: inout [HeldFolder],
        paths: [String]
    ) throws(LinuxError) -> Descriptor.Reading {
        var descriptors: [Int32] = [-1, -1]
        var descriptorCount = descriptors.count
        let count = pawl_receive_descriptors(
            number,
            &buffer,
            buffer.count,
            &descriptors,
            &descriptorCount
        )
        folders = descriptors.prefix(descriptorCount).enumerated().map { index, number in
            HeldFolder(owning: number, path: index < paths.count ? paths[index] : "")
        }
        return try reading(count)
    }

    private borrowing func reading(_ count: Int) throws(LinuxError) -> Descriptor.Reading {
        if count > 0 { return .bytes(count) }
        if count == 0 { return .end }
        if errno == EAGAIN || errno == EINTR { return .wouldBlock }
        if errno == ECONNRESET { return .end }
        throw LinuxError(last: "recv")
    }

    /// Blocks until a message is there and receives it, or fails with `ETIMEDOUT`.
    public borrowing func receive(
        into buffer: inout [UInt8],
        within limit: Duration
    ) throws(LinuxError) -> Descriptor.Reading {
        switch pawl_wait_readable(number, Int32(clamping: limit.wholeMilliseconds)) {
        case 1: return try receive(into: &buffer)
        case 0: throw LinuxError("recv", errno: ETIMEDOUT)
        default: throw LinuxError(last: "poll")
        }
    }
}

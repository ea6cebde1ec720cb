import CLinux
import Glibc

/// One end of a pair of sockets that keep messages apart and can pass descriptors (`SOCK_SEQPACKET`).
public struct MessageSocket: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// The number, for a call that needs it while the owner lives.
    public var number: Int32 { descriptor.number }

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Makes a connected pair and hands `body` the end to keep and the end to give to a child.
    public static func pair<Result>(
        _ body: (_ ours: consuming MessageSocket, _ theirs: consuming Descriptor) throws(LinuxError) -> Result
    ) throws(LinuxError) -> Result {
        var ends: [Int32] = [-1, -1]
        guard pawl_socketpair(&ends) == 0 else { throw LinuxError(last: "socketpair") }
        return try body(MessageSocket(Descriptor(owning: ends[0])), Descriptor(owning: ends[1]))
    }

    /// Sends one message with copies of at most eight descriptors; never blocks.
    public borrowing func send(_ bytes: [UInt8], descriptors: [Int32] = []) throws(LinuxError) {
        guard pawl_send(number, bytes, bytes.count, descriptors, descriptors.count) == bytes.count else {
            throw LinuxError(last: "sendmsg")
        }
    }

    /// Receives one message into `buffer`, or finds that there is none or that the peer is gone.
    public borrowing func receive(into buffer: inout [UInt8]) throws(LinuxError) -> Descriptor.Reading {
        let count = pawl_receive(number, &buffer, buffer.count)
        if count > 0 { return .bytes(count) }
        if count == 0 { return .end }
        if errno == EAGAIN || errno == EINTR { return .wouldBlock }
        if errno == ECONNRESET { return .end }
        throw LinuxError(last: "recv")
    }
}

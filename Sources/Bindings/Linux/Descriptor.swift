import CLinux
import Glibc

/// A file descriptor with one owner, closed when its owner lets go of it.
public struct Descriptor: ~Copyable, Sendable {
    /// The number, for a call that needs it while the owner lives.
    public let number: Int32

    /// Takes ownership of an open descriptor.
    public init(owning number: Int32) { self.number = number }

    deinit { Glibc.close(number) }

    /// Gives up ownership without closing.
    public consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// What a read found.
    public enum Reading: Hashable, Sendable {
        case bytes(Int)
        case end
        case wouldBlock
    }

    /// Reads once into `buffer` from its start.
    public borrowing func read(into buffer: inout [UInt8]) throws(LinuxError) -> Reading {
        while true {
            let count = Glibc.read(number, &buffer, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno == EAGAIN { return .wouldBlock }
            if errno != EINTR { throw LinuxError(last: "read") }
        }
    }

    /// Reads until the end, at most `limit` bytes.
    ///
    /// - Throws: `EFBIG` when there is more than `limit`.
    public borrowing func readToEnd(limit: Int = .max) throws(LinuxError) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case .bytes(let count) = try read(into: &buffer) {
            guard all.count + count <= limit else { throw LinuxError("read", errno: EFBIG) }
            all.append(contentsOf: buffer[..<count])
        }
        return all
    }

    /// Writes what fits, from `offset` on, and returns how much that was; 0 when it would block.
    public borrowing func writeSome(_ bytes: [UInt8], from offset: Int = 0) throws(LinuxError) -> Int {
        while true {
            let count = bytes.withUnsafeBytes { raw in
                Glibc.write(number, raw.baseAddress.map { $0 + offset }, raw.count - offset)
            }
            if count >= 0 { return count }
            if errno == EAGAIN { return 0 }
            if errno != EINTR { throw LinuxError(last: "write") }
        }
    }

    /// Writes everything to a descriptor that blocks.
    public borrowing func write(_ bytes: [UInt8]) throws(LinuxError) {
        var offset = 0
        while offset < bytes.count { offset += try writeSome(bytes, from: offset) }
    }

    /// Moves to `offset` from the start.
    public borrowing func seek(to offset: Int) throws(LinuxError) {
        guard lseek(number, off_t(offset), SEEK_SET) >= 0 else { throw LinuxError(last: "lseek") }
    }

    /// Forces what was written to the disk.
    public borrowing func sync() throws(LinuxError) {
        guard fsync(number) == 0 else { throw LinuxError(last: "fsync") }
    }

    /// Sets whether reads and writes return at once instead of waiting.
    public borrowing func setNonblocking(_ on: Bool) throws(LinuxError) {
        guard pawl_set_nonblocking(number, on) == 0 else { throw LinuxError(last: "fcntl") }
    }
}

/// The two ends of a pipe, kept together; neither is inherited by a child.
public struct Pipe: ~Copyable, Sendable {
    public let readEnd: Descriptor
    public let writeEnd: Descriptor

    public static func make() throws(LinuxError) -> Pipe {
        var ends: [Int32] = [-1, -1]
        guard pawl_pipe(&ends) == 0 else { throw LinuxError(last: "pipe2") }
        return Pipe(readEnd: Descriptor(owning: ends[0]), writeEnd: Descriptor(owning: ends[1]))
    }

    init(readEnd: consuming Descriptor, writeEnd: consuming Descriptor) {
        self.readEnd = readEnd
        self.writeEnd = writeEnd
    }
}

extension Descriptor {
    /// Makes a pipe whose ends part: returns the end to read from, and puts the end to write to in
    /// `writeEnd`.
    public static func pipe(writeEnd: inout Descriptor?) throws(LinuxError) -> Descriptor {
        var ends: [Int32] = [-1, -1]
        guard pawl_pipe(&ends) == 0 else { throw LinuxError(last: "pipe2") }
        writeEnd = Descriptor(owning: ends[1])
        return Descriptor(owning: ends[0])
    }

    /// An anonymous file in memory.
    public static func memory(named name: String) throws(LinuxError) -> Descriptor {
        let number = pawl_memfd(name)
        guard number >= 0 else { throw LinuxError(last: "memfd_create", name) }
        return Descriptor(owning: number)
    }
}

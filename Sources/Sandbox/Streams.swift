import Linux

/// A pipe that a command writes to, and what is done with what comes.
final class Channel {
    let token: UInt64
    private let descriptor: Descriptor
    private let far: Descriptor
    private let receive: (ArraySlice<UInt8>) -> Void
    private(set) var byteCount = 0
    /// Whether the last `drain` stopped at its limit.
    private(set) var mayHoldMore = false
    /// Whether the reactor is told when there is something to read.
    var isWatched = false

    /// The end that we read.
    var number: Int32 { descriptor.number }
    /// The end that the command writes to.
    ///
    /// It stays open here too: an end of file would only wake the reactor, which hears of the command's end
    /// from its supervisor.
    var farNumber: Int32 { far.number }

    init(token: UInt64, receive: @escaping (ArraySlice<UInt8>) -> Void) throws(LinuxError) {
        var far: Descriptor?
        let near = try Descriptor.pipe(writeEnd: &far)
        try near.setNonblocking(true)
        guard let far = far.take() else { throw LinuxError("pipe2", errno: 9) }
        descriptor = near
        self.far = far
        self.token = token
        self.receive = receive
    }

    /// Reads what is there, about `limit` bytes at most; false at the end, or when the pipe cannot be read.
    ///
    /// What came by `foregoing` before that is read after it, so that all of it is there, but told before it.
    func drain(_ buffer: inout [UInt8], limit: Int, after foregoing: Channel? = nil) -> Bool {
        mayHoldMore = false
        var taken = 0
        while taken < limit {
            switch (try? descriptor.read(into: &buffer)) ?? .end {
            case .end: return false
            case .wouldBlock: return true
            case .bytes(let count):
                taken += count
                byteCount += count
                guard let foregoing else {
                    receive(buffer[..<count])
                    continue
                }
                let bytes = Array(buffer[..<count])
                _ = foregoing.drain(&buffer, limit: limit)
                receive(bytes[...])
            }
        }
        mayHoldMore = true
        return true
    }
}

/// The beginning of a stream, up to a limit.
struct Capture {
    private(set) var bytes: [UInt8] = []
    private(set) var overflowed = false
    let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func append(_ more: ArraySlice<UInt8>) {
        let room = limit - bytes.count
        overflowed = overflowed || more.count > room
        bytes.append(contentsOf: more.prefix(room))
    }
}

/// The end of a stream.
struct Tail {
    private var kept: [UInt8] = []
    let limit: Int

    init(limit: Int) { self.limit = limit }

    var bytes: [UInt8] { kept.suffix(limit) }

    mutating func append(_ more: ArraySlice<UInt8>) {
        kept.append(contentsOf: more.suffix(limit))
        if kept.count > 2 * limit { kept.removeFirst(kept.count - limit) }
    }
}

/// Cuts a stream into lines of bounded length; the rest of a longer one is dropped.
struct LineSplitter {
    private var line: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// The bytes of a line whose end has not come.
    var pendingCount: Int { line.count }

    mutating func append(_ more: ArraySlice<UInt8>, _ deliver: ([UInt8]) -> Void) {
        var rest = more
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(rest[..<end])
            finish(deliver)
            rest = rest[(end + 1)...]
        }
        add(rest)
    }

    /// Delivers a last line that has no end.
    mutating func finish(_ deliver: ([UInt8]) -> Void) {
        if !line.isEmpty { deliver(line) }
        line.removeAll(keepingCapacity: true)
    }

    private mutating func add(_ part: ArraySlice<UInt8>) {
        line.append(contentsOf: part.prefix(limit - line.count))
    }
}

/// What a command reads.
enum StandardInput {
    /// What fits into every pipe, also for a user with too many of them: a page (pipe(7)).
    private static let atOnce = 4_096

    /// Makes a descriptor from which `bytes` can be read.
    ///
    /// A pipe if all of it fits into one at once, so that nobody has to go on writing; else a file in memory.
    static func make(_ bytes: [UInt8]) throws(LinuxError) -> Descriptor {
        var far: Descriptor?
        let near = try Descriptor.pipe(writeEnd: &far)
        guard let writeEnd = far.take() else { throw LinuxError("pipe2", errno: 9) }
        if bytes.isEmpty { return near }
        if bytes.count <= atOnce {
            try writeEnd.write(bytes)
            return near
        }
        if bytes.count <= 65_536 {
            try writeEnd.setNonblocking(true)
            if try writeEnd.writeSome(bytes) == bytes.count { return near }
        }
        let file = try Descriptor.memory(named: "stdin")
        try file.write(bytes)
        try file.seek(to: 0)
        return file
    }
}

import Linux

/// What goes on being written to a command while it runs; its stdout comes back line by line.
///
/// Give it to `Command.conversation`. Everything may be called from any thread.
public final class Conversation: Sendable {
    /// Bytes of a line of stdout without its end; a longer one ends the command as `outputLimit`.
    let longestLine: Int
    private let state = Locked(State())

    private struct State: Sendable {
        var pipe: Pipe?
        /// What does not fit into the pipe yet, from `written` on.
        var backlog: [UInt8] = []
        var written = 0
        var isFinished = false
        var supervisor: Int32?
        /// Asks the reactor to write the backlog when there is room again.
        var whenFull: (@Sendable () -> Void)?
    }

    private final class Pipe: Sendable {
        let writeEnd: Descriptor
        init(_ writeEnd: consuming Descriptor) { self.writeEnd = writeEnd }
    }

    public init(longestLine: Int) { self.longestLine = longestLine }

    /// Writes bytes to the command's stdin, as soon as there is room; never blocks.
    public func write(_ bytes: [UInt8]) {
        let mustWait = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isFinished else { return nil }
            let wasEmpty = state.backlog.isEmpty
            if wasEmpty { state.backlog = bytes } else { state.backlog += bytes }
            guard wasEmpty, state.pipe != nil else { return nil }
            return Self.flush(&state) ? nil : state.whenFull
        }
        mustWait?()
    }

    /// Closes stdin when all is written.
    public func finish() {
        state.withLock { state in
            state.isFinished = true
            if state.backlog.isEmpty { state.pipe = nil }
        }
    }

    /// The main process, once it runs: the first child of its supervisor; nil where the kernel does not tell.
    public var mainProcess: Int32? {
        state.withLock { $0.supervisor }.flatMap { ProcessUsage.children(of: $0).first }
    }

    // MARK: - For the reactor

    /// Makes the pipe, and returns the end that the command reads from.
    func open(supervisor: Int32, whenFull: @escaping @Sendable () -> Void) throws(LinuxError) -> Descriptor {
        var far: Descriptor?
        let readEnd = try Descriptor.pipe(writeEnd: &far)
        guard let writeEnd = far.take() else { throw LinuxError("pipe2", errno: 9) }
        try writeEnd.setNonblocking(true)
        let pipe = Pipe(writeEnd)
        let mustWait = state.withLock { state in
            state.pipe = pipe
            state.supervisor = supervisor
            state.whenFull = whenFull
            return !Self.flush(&state)
        }
        if mustWait { whenFull() }
        return readEnd
    }

    /// For epoll, while there is a pipe.
    var number: Int32? { state.withLock { $0.pipe?.writeEnd.number } }

    /// Writes what there is room for; false if there is more.
    func flush() -> Bool { state.withLock { Self.flush(&$0) } }

    /// Closes the pipe whatever is left: the command is gone.
    func hangUp() {
        state.withLock { state in
            state.isFinished = true
            state.pipe = nil
            state.backlog = []
            state.whenFull = nil
        }
    }

    /// A reader that is gone is noticed by its supervisor's report.
    private static func flush(_ state: inout State) -> Bool {
        guard let pipe = state.pipe else { return true }
        while state.written < state.backlog.count {
            guard let count = try? pipe.writeEnd.writeSome(state.backlog, from: state.written) else { break }
            if count == 0 { return false }
            state.written += count
        }
        state.backlog.removeAll(keepingCapacity: state.backlog.count < 1 << 16)
        state.written = 0
        if state.isFinished { state.pipe = nil }
        return true
    }
}

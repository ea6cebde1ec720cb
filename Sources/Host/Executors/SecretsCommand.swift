import Linux
import Scheduler

/// A program that knows secrets: a name is its last argument, and the value is what it writes to stdout.
///
/// Status 0 is a value, without one newline at its end; 66 (`EX_NOINPUT`) is that there is none of the name;
/// anything else is that it cannot tell now. It has the environment and the stderr of this process.
public final class SecretsCommand: Sendable {
    private struct Known: Sendable {
        var value: [UInt8]?
        var until: MonotonicTime
    }

    private let words: [String]
    private let environment: [String: String]
    private let known = Locked<[String: Known]>([:])

    /// How long an answer holds: a step a second with a secret must not be a process a second more.
    private static let memory = Duration.seconds(30)
    private static let patience = Duration.seconds(10)
    private static let largest = 1 << 20
    private static let noInput: Int32 = 66

    /// Fails for a text without a word.
    ///
    /// - Parameters:
    ///   - text: A program and its arguments, with spaces between them; no shell reads it.
    ///   - environment: The variables that it gets, by name.
    public init?(_ text: String, environment: [String: String]) {
        words = text.split(separator: " ").map(String.init)
        self.environment = environment
        if words.isEmpty { return nil }
    }

    /// For messages.
    var place: String { "the command \(words.joined(separator: " "))" }

    /// Whether the answer for a name is known, and so costs no process.
    func isAtHand(_ name: String) -> Bool { answer(name) != nil }

    private func answer(_ name: String) -> Known? {
        known.withLock { $0[name] }.flatMap { .now < $0.until ? $0 : nil }
    }

    /// The value of a secret; nil if the program knows none of that name.
    ///
    /// Blocks for 10 seconds at most.
    ///
    /// - Throws: `SecretUnavailable` if the program does not answer.
    func value(of name: String) throws(StepError) -> [UInt8]? {
        if let answer = answer(name) { return answer.value }
        let value = try ask(name)
        known.withLock { known in
            // No secret is kept for longer than it counts.
            known = known.filter { .now < $0.value.until }
            known[name] = Known(value: value, until: .now + Self.memory)
        }
        return value
    }

    private func ask(_ name: String) throws(StepError) -> [UInt8]? {
        let (status, output): (Child.Status, [UInt8])
        do {
            (status, output) = try run(name)
        } catch {
            throw failure(name, error.call == "read" ? "wrote more than \(Self.largest) bytes" : "\(error)")
        }
        switch status {
        case .exited(0): return output.last == UInt8(ascii: "\n") ? output.dropLast() : output
        case .exited(Self.noInput): return nil
        case .exited(let code): throw failure(name, "exited with status \(code)")
        case .signalled(9): throw failure(name, "gave no answer within \(Self.patience)")
        case .signalled(let signal): throw failure(name, "was killed by signal \(signal)")
        }
    }

    private func failure(_ name: String, _ reason: String) -> StepError {
        .secretUnavailable("secret \"\(name)\" cannot be had: \(place) \(reason)")
    }

    private func run(_ name: String) throws(LinuxError) -> (Child.Status, [UInt8]) {
        let nothing = try Files.open("/dev/null", 0)
        var far: Descriptor?
        let near = try Descriptor.pipe(writeEnd: &far)
        try near.setNonblocking(true)
        let child = try ProcessSpawn(
            path: Executable.lookUp(words[0], in: environment["PATH"] ?? "") ?? words[0],
            arguments: words + [name],
            environment: environment.map { "\($0.key)=\($0.value)" },
            descriptors: [(nothing.number, 0), (far?.number ?? 1, 1), (2, 2)]
        ).start()
        far = nil
        return try collect(near, child)
    }

    /// Reads until the program has ended; what it leaves behind may hold the pipe, and nobody waits for that.
    private func collect(
        _ stdout: borrowing Descriptor,
        _ child: borrowing Child
    ) throws(LinuxError) -> (Child.Status, [UInt8]) {
        let deadline = MonotonicTime.now + Self.patience
        let epoll = try Epoll.make()
        try epoll.add(stdout.number, .readable, token: 0)
        try epoll.add(child.number, .readable, token: 1)
        var events = Epoll.Events()
        var output: [UInt8] = []
        var status: Child.Status?
        while status == nil {
            _ = try epoll.wait(&events, until: deadline)
            if .now >= deadline { child.signalGroup(9) }
            status = .now >= deadline ? try child.wait().0 : try child.reapIfEnded()?.0
            if !(try drain(stdout, into: &output)) { epoll.remove(stdout.number) }
            if output.count > Self.largest {
                child.signalGroup(9)
                if status == nil { _ = try child.wait() }
                throw LinuxError("read", errno: 27)
            }
        }
        return (status ?? .signalled(9), output)
    }

    /// False at the end.
    private func drain(
        _ stdout: borrowing Descriptor,
        into output: inout [UInt8]
    ) throws(LinuxError) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while output.count <= Self.largest {
            switch try stdout.read(into: &buffer) {
            case .bytes(let count): output += buffer[..<count]
            case .end: return false
            case .wouldBlock: return true
            }
        }
        return true
    }
}

import Linux

/// What a program writes to one of its streams, gathered as it comes.
public final class Transcript: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var hasEnded = false
    }

    private let source: Descriptor
    private let state = Monitor(State())

    /// Reads to the end on a thread of its own.
    init(reading source: consuming Descriptor) {
        self.source = source
        DedicatedThread("transcript", stackBytes: 128 << 10) { [self] in read() }
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case .bytes(let count)? = try? source.read(into: &buffer) {
            state.withLock { $0.bytes += buffer[..<count] }
        }
        state.withLock { $0.hasEnded = true }
    }

    /// What was written so far; wrong UTF-8 is repaired.
    public var text: String { String(decoding: state.withLock { $0.bytes }, as: UTF8.self) }

    /// Waits for the first line that has `part` in it; nil when the stream ends, or in time, without one.
    public func line(with part: String, within patience: Duration) -> String? {
        let found = state.wait(until: .now + patience) { state -> String?? in
            let lines = String(decoding: state.bytes, as: UTF8.self).split(separator: "\n")
            if let line = lines.first(where: { $0.contains(part) }) { return .some(String(line)) }
            return state.hasEnded ? .some(nil) : nil
        }
        return found ?? nil
    }

    /// Waits until the program, and whoever got the stream from it, has closed it.
    public func readToEnd(within patience: Duration) -> String? {
        state.wait(until: .now + patience) { state -> String? in
            state.hasEnded ? String(decoding: state.bytes, as: UTF8.self) : nil
        }
    }
}

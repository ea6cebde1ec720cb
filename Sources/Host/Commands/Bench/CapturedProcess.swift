import Linux

/// A program started with its stdout in our hands.
final class CapturedProcess: Sendable {
    let path: String
    private let child: Child
    private let stdout: Descriptor

    init(_ path: String, _ arguments: [String], environment: [String] = ["PATH=/usr/bin:/bin"]) throws {
        var writeEnd: Descriptor?
        stdout = try Descriptor.pipe(writeEnd: &writeEnd)
        guard let output = writeEnd?.number else { throw CommandFailure(.failed, "no pipe for \(path)") }
        self.path = path
        child = try ProcessSpawn(
            path: path,
            arguments: [path] + arguments,
            environment: environment,
            descriptors: [(from: output, to: 1), (from: 2, to: 2)]
        ).start()
        writeEnd = nil
    }

    var pid: Int32 { child.pid }

    /// All that it writes, once it has ended; an exit status other than 0 is an error.
    func output() throws -> [UInt8] {
        let bytes = try stdout.readToEnd(limit: 1 << 20)
        let (status, _) = try child.wait()
        guard status == .exited(0) else { throw CommandFailure(.failed, "\(path): \(status)") }
        return bytes
    }

    /// The next line; nil at the end of its output.
    func line() throws -> String? {
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        while case .bytes = try stdout.read(into: &byte) {
            if byte[0] == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte[0])
        }
        return nil
    }

    /// SIGTERM, and its end.
    func stop() {
        child.signal(15)
        _ = try? child.wait()
    }
}

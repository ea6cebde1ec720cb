import Glibc
import Linux

/// The wall clock of one process, which may be put off while the process runs.
public struct WallClock: Sendable {
    private static let library = Result {
        let built = "\(try TestServers.folder())/wall_clock.so"
        let source = "\(TestPrograms.repository)/Tests/Fixtures/clock/wall_clock.c"
        let compiler = ProcessSpawn(
            path: "/usr/bin/env",
            arguments: ["env", "cc", "-shared", "-fPIC", "-O2", "-o", built, source],
            environment: ThisProcess.environment().map { "\($0)=\($1)" },
            descriptors: [(2, 1), (2, 2)]
        )
        guard try compiler.start().wait().0 == .exited(0) else {
            throw NeverHappened(description: "\(source) compiles")
        }
        return built
    }

    private let library: String
    private let offset: String

    /// A clock that is right.
    public init(in folder: String) throws {
        library = try Self.library.get()
        offset = "\(folder)/clock"
        try Files.write(offset, Self.bytes(0))
    }

    /// What a process that is to have this clock needs in its environment.
    public var environment: [String: String] { ["LD_PRELOAD": library, "WALL_CLOCK_OFFSET": offset] }

    /// Puts the clock off by so many seconds, at once.
    public func set(off seconds: Int64) throws {
        // In place: the process has the file mapped.
        try Files.open(offset, O_WRONLY).write(Self.bytes(seconds))
    }

    private static func bytes(_ seconds: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: seconds >> (8 * $0)) }
    }
}

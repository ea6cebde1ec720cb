import Linux

/// What the sandbox asks of a supervisor; `Launcher/protocol.h` is the other side.
enum LauncherRequest {
    static let largest = 120 << 10

    private enum Kind: UInt32 {
        case run = 1
        case terminate, kill, deadline, freeze, thaw
    }

    /// Runs a command, or nil if its words do not fit or hold a NUL.
    static func run(_ command: Command, limits: [ResourceLimit], deadline: MonotonicTime) -> [UInt8]? {
        let readable = command.limits.isolation == .strict ? command.grantedPaths : []
        let artifacts = command.hasOwnArtifacts ? [command.scratch.artifactsPath] : []
        let words = [command.scratch.path] + command.arguments + command.environment + readable + artifacts
        let size = words.reduce(headerSize + 24 * limits.count) { $0 + $1.utf8.count + 1 }
        guard size <= largest, words.count <= 2_048, !command.arguments.isEmpty else { return nil }
        guard !words.contains(where: { $0.utf8.contains(0) }) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        bytes.append(Kind.run.rawValue)
        bytes.append(UInt32(limits.count))
        bytes.append(UInt32(command.arguments.count))
        bytes.append(UInt32(command.environment.count))
        bytes.append(UInt32(readable.count))
        bytes.append(flags(command))
        bytes.append(UInt64(bitPattern: deadline.nanoseconds))
        bytes.append(UInt64(bitPattern: command.grace.wholeNanoseconds))
        bytes.append(UInt64(command.limits.disk ?? 64 << 20))
        for limit in limits {
            bytes.append(limit.resource.rawValue)
            bytes.append(limit.soft)
            bytes.append(limit.hard)
        }
        for word in words {
            bytes.append(contentsOf: word.utf8)
            bytes.append(0 as UInt8)
        }
        return bytes
    }

    private static let headerSize = 48

    private static func flags(_ command: Command) -> UInt32 {
        let (network, keepsWork, artifacts): (UInt32, UInt32, UInt32) = (1, 2, 4)
        return (command.limits.network == .host ? network : 0) | (command.keepsScratch ? keepsWork : 0)
            | (command.hasOwnArtifacts ? artifacts : 0)
    }

    static func terminate(grace: Duration) -> [UInt8] { signal(.terminate, 0, grace.wholeNanoseconds) }

    static var kill: [UInt8] { signal(.kill, 0, 0) }

    static var freeze: [UInt8] { signal(.freeze, 0, 0) }

    static var thaw: [UInt8] { signal(.thaw, 0, 0) }

    static func deadline(_ deadline: MonotonicTime) -> [UInt8] { signal(.deadline, deadline.nanoseconds, 0) }

    private static func signal(_ kind: Kind, _ deadline: Int64, _ grace: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(kind.rawValue)
        for _ in 0..<5 { bytes.append(0 as UInt32) }
        bytes.append(UInt64(bitPattern: deadline))
        bytes.append(UInt64(bitPattern: grace))
        bytes.append(0 as UInt64)
        return bytes
    }
}

/// What a supervisor answers.
enum LauncherReport {
    /// It waits for a step; `process` is its number, 0 if it is the launcher itself.
    case ready(process: Int32)
    /// The step is over and its tree is empty.
    case ended(StepEnd)
    /// Nothing ran.
    case failed(stage: Stage, errno: Int32)
    /// Descriptors of the folders that a strict step has in memory come along.
    case folders

    static let size = 112

    /// Where a launch failed; names as in the launcher.
    enum Stage: UInt32 {
        case none, arguments, parent, cgroup, identity, namespaces, fork, mounts, message, descriptors,
            session
        case limits, folder, privileges, landlock, seccomp, execute
    }

    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        var reader = WordReader(bytes)
        let (kind, stage, error, process) = (reader.word(), reader.word(), reader.word(), reader.word())
        switch kind {
        case 1: self = .ready(process: Int32(bitPattern: process))
        case 2: self = .ended(StepEnd(&reader))
        case 3: self = .failed(stage: Stage(rawValue: stage) ?? .none, errno: Int32(bitPattern: error))
        case 4: self = .folders
        default: return nil
        }
    }
}

/// The end of a step as its supervisor saw it.
struct StepEnd {
    /// Why the supervisor ended the step, if it did.
    enum Verdict: UInt32 {
        case none, timeout, terminated, killed
    }

    let status: Child.Status
    let verdict: Verdict
    let forced: Bool
    let stragglers: Int
    /// Whether the step has changed the world that its supervisor keeps.
    let isWorn: Bool
    let started, exited, emptied: MonotonicTime
    let user, system: Duration
    let peak, minorFaults, majorFaults: Int64
    /// How long its processes stood still at our wish.
    let frozen: Duration

    fileprivate init(_ reader: inout WordReader) {
        status = Child.Status(waitStatus: reader.word())
        verdict = Verdict(rawValue: reader.word()) ?? .none
        forced = reader.word() != 0
        stragglers = Int(reader.word())
        isWorn = reader.word() != 0
        _ = reader.word()
        started = MonotonicTime(nanoseconds: reader.number())
        exited = MonotonicTime(nanoseconds: reader.number())
        emptied = MonotonicTime(nanoseconds: reader.number())
        user = .microseconds(reader.number())
        system = .microseconds(reader.number())
        peak = reader.number()
        minorFaults = reader.number()
        majorFaults = reader.number()
        frozen = .nanoseconds(reader.number())
    }
}

/// Reads numbers one after another.
private struct WordReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func word() -> UInt32 { UInt32(truncatingIfNeeded: take(4)) }

    mutating func number() -> Int64 { Int64(bitPattern: take(8)) }

    private mutating func take(_ count: Int) -> UInt64 {
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension [UInt8] {
    /// Appends a number in little-endian order.
    fileprivate mutating func append(_ number: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}

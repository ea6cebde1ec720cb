import Linux

/// The permanent threads that start launchers.
///
/// Permanent, because a parent-death signal is bound to the thread that spawned; no more than cores, because
/// posix_spawn holds its caller until the child has exec'd, and many at once hold each other.
final class Spawner: Sendable {
    private let requests = BlockingQueue<Request>()
    private let nextID = Locked<UInt64>(0)
    private let launcher: String
    private let world: World
    private let cgroups: any CgroupBackend
    /// The first of 4,096 users for strict commands, above all that systemd gives out, and another in each
    /// process.
    private let firstUser = 0x7000_0000 + UInt32.random(in: 0..<0x7_0000) * 4_096

    /// EPROTO.
    private static let protocolError: Int32 = 71

    private struct Request: Sendable {
        let profile: SlotProfile
        let completion: @Sendable (Result<Slot, LaunchFailure>) -> Void
    }

    init(launcher: String, world: World, cgroups: any CgroupBackend) {
        self.launcher = launcher
        self.world = world
        self.cgroups = cgroups
        for number in 0..<min(2, ThisProcess.processorCount) {
            DedicatedThread("spawner-\(number)", stackBytes: 256 << 10) { [self] in
                while let request = requests.pop() { request.completion(slot(request.profile)) }
            }
        }
    }

    /// Starts a slot and gives it to `completion` on one of the spawner's threads.
    func start(
        _ profile: SlotProfile,
        completion: @escaping @Sendable (Result<Slot, LaunchFailure>) -> Void
    ) {
        requests.push(Request(profile: profile, completion: completion))
    }

    func close() { requests.close() }

    /// Starts a slot and blocks until its supervisor is ready.
    private func slot(_ profile: SlotProfile) -> Result<Slot, LaunchFailure> {
        let id = nextID.withLock { next in
            next += 1
            return next
        }
        var cgroup: SlotCgroup?
        do {
            cgroup = try cgroups.makeSlot(id, profile.cgroup)
            return .success(try launch(id, profile, cgroup))
        } catch {
            cgroup?.remove()
            return .failure(LaunchFailure(error))
        }
    }

    private func launch(_ id: UInt64, _ profile: SlotProfile, _ cgroup: SlotCgroup?) throws -> Slot {
        var peer: Descriptor?
        let socket = try MessageSocket.pair(peer: &peer)
        guard let theirs = peer.take() else { throw LinuxError("socketpair", errno: 22) }
        let null = try Files.open("/dev/null", 2)
        let user = user(id)
        let launch = ProcessSpawn(
            path: launcher,
            arguments: ["pawl-launch", "parent=\(ThisProcess.id)"] + world.arguments(profile, user: user)
                + (cgroup?.processFiles ?? []).map { "cgroup=\($0)" },
            descriptors: [(null.number, 0), (null.number, 1), (null.number, 2), (theirs.number, 3)]
        )
        let child = try launch.start()
        _ = consume theirs
        let supervisor = try Self.supervisor(after: child, socket)
        return Slot(
            id: id,
            profile: profile,
            user: user,
            socket: socket,
            supervisor: supervisor,
            cgroup: cgroup
        )
    }

    /// Whom the strict commands of a slot run as: we ourselves, or for root a user that is nobody else.
    private func user(_ id: UInt64) -> UInt32 {
        ThisProcess.isRoot ? firstUser + UInt32(id % 4_096) : ThisProcess.userID
    }

    /// Waits for the launcher's word, and takes charge of the supervisor that it left or became.
    private static func supervisor(
        after launcher: consuming Child,
        _ socket: borrowing MessageSocket
    ) throws -> Child {
        var buffer = [UInt8](repeating: 0, count: LauncherReport.size)
        let reading = try socket.receive(into: &buffer, within: .seconds(10))
        guard case .bytes(let count) = reading, let report = LauncherReport(buffer[..<count]) else {
            // One of another release speaks otherwise, and may go on waiting for a step.
            launcher.signal(9)
            _ = try? launcher.wait()
            throw LaunchFailure(stage: "launcher", errno: Self.protocolError)
        }
        switch report {
        case .ready(process: 0): return launcher
        case .ready(let process):
            _ = try launcher.wait()
            return try Child(pid: process)
        case .failed(let stage, let errno):
            _ = try launcher.wait()
            throw LaunchFailure(stage: "\(stage)", errno: errno)
        case .ended, .folders:
            throw LaunchFailure(stage: "launcher", errno: 0)
        }
    }
}

/// Why no slot could be started: at which stage, and the kernel's reason.
struct LaunchFailure: Error, Hashable, Sendable {
    let stage: String
    let errno: Int32

    init(stage: String, errno: Int32) {
        self.stage = stage
        self.errno = errno
    }

    init(_ error: any Error) {
        switch error {
        case let failure as LaunchFailure: self = failure
        case let failure as LinuxError: self.init(stage: failure.call, errno: failure.errno)
        default: self.init(stage: "\(error)", errno: 0)
        }
    }
}

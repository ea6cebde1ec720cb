import Linux

/// A supervisor that waits for a command or runs one, and its cgroups.
final class Slot: Sendable {
    let id: UInt64
    let profile: SlotProfile
    /// Whom strict commands run as.
    let user: UInt32
    private let socket: MessageSocket
    private let supervisor: Child
    private let cgroup: SlotCgroup?
    private let knownKills = Locked(0)

    /// For epoll: readable when the supervisor reports, or is gone.
    var number: Int32 { socket.number }
    var supervisorID: Int32 { supervisor.pid }

    init(
        id: UInt64,
        profile: SlotProfile,
        user: UInt32,
        socket: consuming MessageSocket,
        supervisor: consuming Child,
        cgroup: SlotCgroup?
    ) {
        self.id = id
        self.profile = profile
        self.user = user
        self.socket = socket
        self.supervisor = supervisor
        self.cgroup = cgroup
    }

    func send(_ message: [UInt8], descriptors: [Int32] = []) throws(LinuxError) {
        try socket.send(message, descriptors: descriptors)
    }

    /// Receives a report, and with it perhaps the folders of the step, which is told of as `scratch`.
    func receive(
        into buffer: inout [UInt8],
        folders: inout [HeldFolder],
        of scratch: Scratch?
    ) throws(LinuxError) -> Descriptor.Reading {
        try socket.receive(into: &buffer, folders: &folders, paths: scratch?.places ?? [])
    }

    /// Whether the kernel has killed a process of the slot for want of memory since this was last asked.
    func ranOutOfMemory() -> Bool {
        guard let cgroup else { return false }
        let kills = cgroup.outOfMemoryKills()
        return knownKills.withLock { known in
            defer { known = kills }
            return kills > known
        }
    }

    /// Kills the supervisor, and with it the namespace and all that is in it.
    func kill() { supervisor.signal(9) }

    /// Ends the slot: blocks until its last process is gone, then removes its cgroups.
    func end() {
        supervisor.signal(9)
        _ = try? supervisor.wait()
        cgroup?.remove()
    }
}

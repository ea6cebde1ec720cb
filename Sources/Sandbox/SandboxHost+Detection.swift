import Linux

extension SandboxHost {
    /// Finds out what this host permits, by starting a supervisor in each way until one lives.
    ///
    /// - Throws: `SandboxError` with what failed, if none does.
    static func detect(_ worlds: [World], launcher: String, yard: ScratchYard) throws -> SandboxHost {
        let cgroups = cgroupBackend()
        var failures: [String] = []
        for world in worlds {
            let spawner = Spawner(launcher: launcher, world: world, cgroups: cgroups)
            switch spawner.startAndWait(SlotProfile(Limits())) {
            case .success(let slot):
                slot.end()
                return SandboxHost(
                    world: world,
                    cgroups: cgroups,
                    spawner: spawner,
                    janitor: Janitor("janitor"),
                    yard: yard,
                    verified: Locked([])
                )
            case .failure(let failure):
                failures.append("\(world.rawValue): \(failure.stage): \(LinuxError.text(failure.errno))")
                spawner.close()
            }
        }
        throw SandboxError(description: "\(launcher) cannot run here: \(failures.joined(separator: "; "))")
    }

    private static func cgroupBackend() -> any CgroupBackend {
        guard let places = try? CgroupPlaces() else { return NoCgroups() }
        if let cgroups = CgroupV1(places) { return cgroups }
        if let cgroups = CgroupV2(places) { return cgroups }
        return NoCgroups()
    }
}

extension Spawner {
    /// Starts a slot and blocks until it is there.
    fileprivate func startAndWait(_ profile: SlotProfile) -> Result<Slot, LaunchFailure> {
        let answer = BlockingQueue<Result<Slot, LaunchFailure>>()
        start(profile) { answer.push($0) }
        return answer.pop() ?? .failure(LaunchFailure(stage: "spawner", errno: 0))
    }
}

import Linux

/// What this host can do for commands, and the threads that do it.
struct SandboxHost: Sendable {
    let world: World
    let cgroups: any CgroupBackend
    let spawner: Spawner
    let janitor: Janitor
    let yard: ScratchYard
    /// The limits that a canary has tried in vain to get around.
    let verified: Locked<Set<String>>

    /// Why a command cannot run here at all, if so.
    func refusal(_ limits: Limits) -> Outcome? {
        let notSupported: Int32 = 95
        if limits.isolation == .strict && !world.canBeStrict {
            return .launcherFailed(stage: "strict isolation", errno: notSupported)
        }
        if limits.network == .none && !world.isExact {
            return .launcherFailed(stage: "network isolation", errno: notSupported)
        }
        return nil
    }

    func discard(_ scratch: Scratch) {
        if !yard.takeBack(scratch) { yard.remove(scratch) }
    }
}

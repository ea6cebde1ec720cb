import Sandbox

extension AttemptPlan {
    /// The variables of a process that serves this attempt and others like it.
    func warmEnvironment(in scratch: Scratch) -> [String] {
        let folders = AttemptFolders(
            scratch: scratch.path,
            artifacts: scratch.path,
            credentials: credentials(in: scratch)
        )
        return AttemptFacts.environment(of: order, program, in: folders)
    }
}

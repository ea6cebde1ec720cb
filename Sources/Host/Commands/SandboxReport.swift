import Linux
import Sandbox

/// What this host can enforce, as `pawl doctor` tells it.
enum SandboxReport {
    static func lines() -> [String] {
        do {
            let sandbox = try Sandbox(folder: Configuration.defaultScratchFolder)
            defer { sandbox.close() }
            return sandbox.capabilities.map { capability in
                let mechanism = capability.mechanism ?? "not enforced"
                let check = capability.verified ? ", verified" : ""
                return "\(capability.limit.padded(to: 14)) \(mechanism)\(check)"
            }
        } catch {
            return ["nothing: \(error)"]
        }
    }
}

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
                return
                    "\(capability.limit.padded(to: 14)) \(mechanism)\(capability.verified ? ", verified" : "")"
            }
        } catch {
            return ["nothing: \(error)"]
        }
    }
}

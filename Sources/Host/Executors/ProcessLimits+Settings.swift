import Sandbox
import Scheduler

extension ProcessLimits {
    /// The limits of a step in the sandbox's terms.
    init(_ limits: Scheduler.Limits?) {
        self.init()
        guard let limits else { return }
        memory = limits.memoryBytes.map { Int($0) }
        cpuTime = limits.cpuTimeMilliseconds.map { .milliseconds($0) }
        cpus = limits.cpus
        processes = limits.processes
        if let most = limits.openFiles { openFiles = most }
        fileSize = limits.fileSizeBytes.map { Int($0) }
        disk = limits.diskBytes.map { Int($0) }
        if let most = limits.outputBytes { output = Int(most) }
        if limits.isolation == "strict" { isolation = .strict }
        // An untrusted program has the network only if somebody grants it.
        let isGranted = limits.network == "host" || limits.network == nil && isolation == .standard
        network = isGranted ? .host : .none
    }
}

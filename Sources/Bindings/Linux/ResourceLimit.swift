import CLinux
import Glibc

/// A limit of the kernel on each process of its own: setrlimit(2).
public struct ResourceLimit: Hashable, Sendable {
    /// What is limited.
    public enum Resource: UInt64, Sendable {
        case cpuSeconds = 0
        case fileBytes = 1
        case dataBytes = 2
        case coreBytes = 4
        case processes = 6
        case openFiles = 7
        case lockedBytes = 8
        case queueBytes = 12
    }

    public let resource: Resource
    public let soft: UInt64
    public let hard: UInt64

    /// A limit no higher than this process may set.
    public init(_ resource: Resource, _ soft: UInt64, hard: UInt64? = nil) {
        let highest = pawl_hard_limit(Int32(resource.rawValue))
        self.resource = resource
        self.soft = min(soft, highest)
        self.hard = min(hard ?? soft, highest)
    }
}

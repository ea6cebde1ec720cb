import Linux

/// The namespaces that supervisors make on this host, by what it permits.
enum World: String, Hashable, Sendable, CaseIterable {
    /// A pid namespace, made by a privileged user.
    case pidNamespace = "pid namespace"
    /// A pid namespace within a user namespace, which ordinary users may make on most hosts.
    case userNamespace = "user and pid namespace"
    /// None: orphans become children of the supervisor, which hunts them down one by one.
    case subreaper = "subreaper"

    /// Whether every process of a command can be killed at once, whatever it does.
    var isExact: Bool { self != .subreaper }

    /// Whether untrusted programs can be kept from the host.
    ///
    /// Root within a user namespace would remain the owner of root's files, so it cannot.
    var canBeStrict: Bool {
        switch self {
        case .pidNamespace: ThisProcess.isRoot
        case .userNamespace: !ThisProcess.isRoot
        case .subreaper: false
        }
    }

    /// What the launcher is told; `user` is whom strict commands run as.
    func arguments(_ profile: SlotProfile, user: UInt32) -> [String] {
        var arguments: [String] = []
        if self != .subreaper { arguments.append("pid-namespace=1") }
        if self == .userNamespace { arguments.append("user-namespace=1") }
        if profile.hasNoNetwork { arguments.append("network-namespace=1") }
        if profile.isolation == .strict { arguments += ["strict=1", "user=\(user)"] }
        return arguments
    }
}

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

    func arguments(_ profile: SlotProfile) -> [String] {
        var arguments: [String] = []
        if self != .subreaper { arguments.append("pid-namespace=1") }
        if self == .userNamespace { arguments.append("user-namespace=1") }
        if profile.network == .none { arguments.append("network-namespace=1") }
        return arguments
    }
}

import Linux

/// What of this process may not grow, however many commands it runs.
struct Census: Equatable, CustomStringConvertible {
    let descriptors: Int
    let children: Int
    /// Scratch folders and cgroups.
    let folders: Int

    /// Counts what this process holds; its scratch folders lie under `folder`.
    init(scratch folder: String) {
        descriptors = Self.names("/proc/self/fd").count
        children = Self.names("/proc/self/task").reduce(0) { sum, thread in
            let list = (try? Files.read("/proc/self/task/\(thread)/children")) ?? []
            return sum + list.count { $0 == UInt8(ascii: " ") }
        }
        folders = Self.names(folder).reduce(0) { $0 + Self.names("\(folder)/\($1)").count }
    }

    var description: String { "\(descriptors) descriptors, \(children) children, \(folders) folders" }

    private static func names(_ path: String) -> [String] { (try? Files.names(in: path)) ?? [] }
}

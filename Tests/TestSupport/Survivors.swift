import Linux

/// Processes that are left of an installation.
public enum Survivors {
    /// Those that work in a folder or were told of a file in it, each with its command line.
    ///
    /// A step's environment names its files, also where its worker sees the folder in a mount of its own.
    public static func of(_ folder: String, except ours: [Int32]) -> [String] {
        let ids = ((try? Files.names(in: "/proc")) ?? []).compactMap { Int32($0) }
        return ids.filter { !ours.contains($0) }.compactMap { id in
            let works = (try? Files.linkTarget("/proc/\(id)/cwd"))?.hasPrefix(folder) == true
            guard works || text(id, "environ").contains("PAWL_CONTEXT=\(folder)") else { return nil }
            return "\(id) \(text(id, "cmdline").replacing("\0", with: " "))"
        }
    }

    private static func text(_ id: Int32, _ file: String) -> String {
        String(decoding: (try? Files.read("/proc/\(id)/\(file)")) ?? [], as: UTF8.self)
    }
}

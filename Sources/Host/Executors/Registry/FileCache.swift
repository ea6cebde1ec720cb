import Linux

/// Digests and manifests of files, read again only when the file has changed.
final class FileCache: Sendable {
    /// A manifest as it was read, with what is wrong with it.
    struct ManifestReading: Sendable {
        var manifest: Manifest?
        var problems: [PluginProblem]
    }

    private struct Entry<Content: Sendable>: Sendable {
        var identity: Files.Stamp
        var content: Content
    }

    private let digests = Locked<[String: Entry<String>]>([:])
    private let manifests = Locked<[String: Entry<ManifestReading>]>([:])

    /// SHA-256 of a file; nil if it cannot be read.
    func digest(of path: String) -> String? {
        guard let identity = Files.stamp(path, followsLinks: true) else { return nil }
        if let known = digests.withLock({ $0[path] }), known.identity == identity { return known.content }
        guard let digest = try? SHA256.hexadecimal(file: path) else { return nil }
        digests.withLock { $0[path] = Entry(identity: identity, content: digest) }
        return digest
    }

    /// Reads a manifest, by `read` if it is new or has changed.
    func manifest(_ path: String, read: (String) -> ManifestReading) -> ManifestReading {
        let identity = Files.stamp(path, followsLinks: true)
        if let identity, let known = manifests.withLock({ $0[path] }), known.identity == identity {
            return known.content
        }
        let reading = read(path)
        if let identity { manifests.withLock { $0[path] = Entry(identity: identity, content: reading) } }
        return reading
    }
}

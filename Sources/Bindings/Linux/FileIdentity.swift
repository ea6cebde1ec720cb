import Glibc

/// What tells one content of a file, or of a folder, from another without reading it.
public struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let modified: Int64
    private let changed: Int64
    /// In bytes.
    public let size: Int64

    /// What is at a path now, symbolic links followed; nil if there is nothing.
    public init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        func nanoseconds(_ time: timespec) -> Int64 {
            Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        modified = nanoseconds(status.st_mtim)
        changed = nanoseconds(status.st_ctim)
        size = Int64(status.st_size)
    }
}

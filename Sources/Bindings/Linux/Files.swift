import CLinux
import Glibc

/// Files and folders by path.
public enum Files {
    /// What is found at a path, symbolic links not followed.
    public enum Kind: Hashable, Sendable {
        case file, folder, link, other
    }

    public static func kind(of path: String) -> Kind? {
        switch UInt8(bitPattern: pawl_kind_at(AT_FDCWD, path)) {
        case UInt8(ascii: "f"): .file
        case UInt8(ascii: "d"): .folder
        case UInt8(ascii: "l"): .link
        case 0: nil
        default: .other
        }
    }

    /// Whether this process may run the file at `path`.
    public static func isExecutable(_ path: String) -> Bool {
        access(path, X_OK) == 0 && kind(of: path) != .folder
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Opens a file; not inherited by children.
    public static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0o644) throws(LinuxError)
        -> Descriptor
    {
        let number = pawl_open(path, flags, mode)
        guard number >= 0 else { throw LinuxError(last: "open", path) }
        return Descriptor(owning: number)
    }

    /// What changes when something changes in a folder, or in a file.
    ///
    /// Times are not enough: on kernels that take them from the last tick, two changes within 4 ms have one.
    public struct Stamp: Hashable, Sendable {
        let modified: Int64
        let changed: Int64
        /// In bytes; of a folder in memory it grows with each name.
        public let size: Int64
        let inode: UInt64
        let device: UInt64
        let links: UInt64
        let mode: UInt32
        let owner: UInt32
        let group: UInt32

        init(_ status: stat) {
            func nanoseconds(_ time: timespec) -> Int64 {
                Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
            }
            modified = nanoseconds(status.st_mtim)
            changed = nanoseconds(status.st_ctim)
            size = Int64(status.st_size)
            inode = UInt64(status.st_ino)
            device = UInt64(status.st_dev)
            links = UInt64(status.st_nlink)
            mode = status.st_mode
            owner = status.st_uid
            group = status.st_gid
        }

        /// Whether only the content may differ.
        public func isOfSameFile(as other: Stamp) -> Bool {
            (inode, device, links) == (other.inode, other.device, other.links)
                && (mode, owner, group) == (other.mode, other.owner, other.group)
        }
    }

    /// What is at a path now; nil if there is nothing.
    public static func stamp(_ path: String, followsLinks: Bool = false) -> Stamp? {
        var status = stat()
        guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        return Stamp(status)
    }

    /// Reads a whole file.
    public static func read(_ path: String, limit: Int = .max) throws(LinuxError) -> [UInt8] {
        try named("read", path) { () throws(LinuxError) in
            try open(path, O_RDONLY).readToEnd(limit: limit)
        }
    }

    /// Reads a regular file that someone else may have planted.
    ///
    /// A symbolic link in the last place, a fifo or a device is refused (`ELOOP`, `EINVAL`), never followed
    /// or waited for.
    public static func readPlanted(_ path: String, limit: Int) throws(LinuxError) -> [UInt8] {
        let descriptor = try open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { throw LinuxError(last: "fstat", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw LinuxError("read", path, errno: EINVAL) }
        return try named("read", path) { () throws(LinuxError) in try descriptor.readToEnd(limit: limit) }
    }

    /// Creates or replaces a file in place.
    public static func write(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws(LinuxError) {
        let descriptor = try open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try named("write", path) { () throws(LinuxError) in try descriptor.write(bytes) }
    }

    /// Gives a file that exists another content, in place; a symbolic link is refused (`ELOOP`).
    public static func overwrite(_ path: String, _ bytes: [UInt8]) throws(LinuxError) {
        let descriptor = try open(path, O_WRONLY | O_NOFOLLOW)
        try named("write", path) { () throws(LinuxError) in try descriptor.write(bytes) }
        guard ftruncate(descriptor.number, bytes.count) == 0 else {
            throw LinuxError(last: "ftruncate", path)
        }
    }

    /// Replaces a file so that a reader, or a crash, finds the old content or the new, never a part.
    public static func writeAtomically(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644)
        throws(LinuxError)
    {
        let temporary = "\(path).\(getpid()).\(Random.bytes(4).hexadecimal)"
        do {
            let descriptor = try open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
            try descriptor.write(bytes)
            try descriptor.sync()
            try rename(temporary, to: path)
        } catch {
            unlink(temporary)
            throw LinuxError(error.call, path, errno: error.errno)
        }
    }

    public static func rename(_ from: String, to: String) throws(LinuxError) {
        guard pawl_rename(from, to) == 0 else { throw LinuxError(last: "rename", from) }
    }

    public static func removeFile(_ path: String) throws(LinuxError) {
        guard unlink(path) == 0 else { throw LinuxError(last: "unlink", path) }
    }

    /// Makes one folder, whose parent exists.
    public static func makeFolder(_ path: String, mode: UInt32 = 0o755) throws(LinuxError) {
        guard mkdir(path, mode) == 0 else { throw LinuxError(last: "mkdir", path) }
    }

    /// Makes a folder and the folders above it, as far as they are missing.
    public static func makeFolders(_ path: String, mode: UInt32 = 0o755) throws(LinuxError) {
        if mkdir(path, mode) == 0 { return }
        if errno == EEXIST, kind(of: path) != .file { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw LinuxError(last: "mkdir", path)
        }
        try makeFolders(String(path[..<slash]), mode: mode)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw LinuxError(last: "mkdir", path) }
    }

    /// Removes one empty folder.
    public static func removeFolder(_ path: String) throws(LinuxError) {
        guard rmdir(path) == 0 else { throw LinuxError(last: "rmdir", path) }
    }

    /// The names in a folder, sorted; names that are not UTF-8 are repaired.
    public static func names(in path: String) throws(LinuxError) -> [String] {
        guard let folder = opendir(path) else { throw LinuxError(last: "opendir", path) }
        defer { closedir(folder) }
        return FolderEntries.rest(of: folder).map { String(decoding: $0.dropLast(), as: UTF8.self) }.sorted()
    }

    public static func linkTarget(_ path: String) throws(LinuxError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = pawl_readlink(path, &buffer, buffer.count)
        guard count >= 0 else { throw LinuxError(last: "readlink", path) }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    public static func changeMode(_ path: String, _ mode: UInt32) throws(LinuxError) {
        guard chmod(path, mode) == 0 else { throw LinuxError(last: "chmod", path) }
    }

    public static func changeOwner(_ path: String, user: UInt32, group: UInt32) throws(LinuxError) {
        guard chown(path, user, group) == 0 else { throw LinuxError(last: "chown", path) }
    }

    private static func named<Result>(
        _ call: String,
        _ path: String,
        _ body: () throws(LinuxError) -> Result
    ) throws(LinuxError) -> Result {
        do { return try body() } catch {
            throw LinuxError(error.call, path, errno: error.errno)
        }
    }
}

extension [UInt8] {
    /// The bytes as lower-case hexadecimal digits.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// A lock that one process holds on a file, let go of when it ends however it ends: flock(2).
public struct FileLock: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// Takes the lock, creating the file if need be; nil when another process holds it.
    public static func take(_ path: String) throws(LinuxError) -> FileLock? {
        let descriptor = try Files.open(path, O_RDWR | O_CREAT, mode: 0o600)
        if flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 { return FileLock(descriptor: descriptor) }
        if errno == EWOULDBLOCK { return nil }
        throw LinuxError(last: "flock", path)
    }

    init(descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

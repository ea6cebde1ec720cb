import CLinux
import Glibc

/// The names in an open folder.
enum FolderEntries {
    /// What is left to read, each name with its NUL, without `.` and `..`.
    static func rest(of folder: OpaquePointer) -> [[UInt8]] {
        var names: [[UInt8]] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                let start = UnsafeRawPointer(tuple).assumingMemoryBound(to: UInt8.self)
                return Array(
                    UnsafeBufferPointer(
                        start: start,
                        count: strlen(
                            UnsafeRawPointer(start)
                                .assumingMemoryBound(to: CChar.self)
                        ) + 1
                    )
                )
            }
            if name != [0x2E, 0] && name != [0x2E, 0x2E, 0] { names.append(name) }
        }
        return names
    }
}

extension Files {
    /// Removes a folder and all that is in it, whatever a hostile program left there.
    ///
    /// No path is built and no link followed: each level is opened from its parent with `O_NOFOLLOW`, so
    /// depth (thousands of levels), planted links, fifos, odd names and folders without permissions do no
    /// harm. Two descriptors are open at any depth: the way up is `..`, checked against the folder's
    /// identity.
    ///
    /// - Throws: What could not be removed and why; the rest is removed all the same.
    public static func removeTree(_ path: String) throws(LinuxError) {
        if unlink(path) == 0 || rmdir(path) == 0 || errno == ENOENT { return }
        guard let top = openFolder(AT_FDCWD, cString(path)) else { throw LinuxError(last: "open", path) }
        TreeRemoval(top).run()
        guard rmdir(path) == 0 else { throw LinuxError(last: "rmdir", path) }
    }

    /// Opens a folder, giving its owner the permissions to empty it.
    fileprivate static func openFolder(_ parent: Int32, _ name: [UInt8]) -> Int32? {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK
        let number = withCString(name) { name in
            let number = pawl_openat(parent, name, flags, 0)
            guard number < 0, errno == EACCES, pawl_kind_at(parent, name) == CChar(UInt8(ascii: "d")) else {
                return number
            }
            fchmodat(parent, name, 0o700, 0)
            return pawl_openat(parent, name, flags, 0)
        }
        guard number >= 0 else { return nil }
        fchmod(number, 0o700)
        return number
    }

    fileprivate static func withCString<Result>(
        _ name: [UInt8],
        _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        name.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { preconditionFailure("a name has its terminator") }
            return body(base.assumingMemoryBound(to: CChar.self))
        }
    }

    private static func cString(_ path: String) -> [UInt8] { Array(path.utf8) + [0] }
}

/// An emptying of one folder, depth first, with a stack of names instead of recursion.
struct TreeRemoval {
    /// A folder on the way down, and the subfolders that are still to be entered.
    private struct Level {
        let name: [UInt8]
        let identity: Identity
        var subfolders: [[UInt8]]
    }

    private struct Identity: Equatable {
        let device: UInt
        let inode: UInt
    }

    private var current: Int32
    private var levels: [Level] = []

    /// Takes ownership of the descriptor `top`.
    init(_ top: Int32) { current = top }

    consuming func run() {
        enter([])
        while var level = levels.popLast() {
            guard let name = level.subfolders.popLast() else {
                guard !levels.isEmpty, leave(level.name) else { break }
                continue
            }
            levels.append(level)
            descend(name)
        }
        close(current)
    }

    /// Removes the plain entries of the current folder and notes its subfolders.
    private mutating func enter(_ name: [UInt8]) {
        var subfolders: [[UInt8]] = []
        for entry in entries() {
            let removed = Files.withCString(entry) { pawl_remove_at(current, $0, false) == 0 }
            if !removed && (errno == EISDIR || errno == EPERM) { subfolders.append(entry) }
        }
        levels.append(Level(name: name, identity: identity(current), subfolders: subfolders))
    }

    private mutating func descend(_ name: [UInt8]) {
        if Files.withCString(name, { pawl_remove_at(current, $0, true) }) == 0 { return }
        guard let number = Files.openFolder(current, name) else { return }
        close(current)
        current = number
        enter(name)
    }

    /// Goes up by `..` and removes the folder left; false when `..` is not where we came from.
    private mutating func leave(_ name: [UInt8]) -> Bool {
        let parent = pawl_openat(current, "..", O_RDONLY | O_DIRECTORY, 0)
        guard parent >= 0 else { return false }
        close(current)
        current = parent
        guard identity(parent) == levels.last?.identity else { return false }
        _ = Files.withCString(name) { pawl_remove_at(parent, $0, true) }
        return true
    }

    private func entries() -> [[UInt8]] {
        guard let folder = fdopendir(fcntl(current, F_DUPFD_CLOEXEC, 0)) else { return [] }
        defer { closedir(folder) }
        return FolderEntries.rest(of: folder)
    }

    private func identity(_ number: Int32) -> Identity {
        var status = stat()
        fstat(number, &status)
        return Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
    }
}

import Linux

/// A private folder for one command.
///
/// Its files, if any, lie beside it (`PATH.files`), so that the working folder starts empty.
public struct Scratch: Hashable, Sendable {
    public let path: String

    /// The folder of the files that were laid down.
    public var filesPath: String { path + ".files" }

    /// Lays down a file that only the command's user can read, and returns its path.
    ///
    /// - Parameters:
    ///   - name: A relative path without `..`; folders in it are made.
    ///   - bytes: The content.
    ///   - mode: The permissions, by default 0400.
    /// - Returns: The path of the file.
    /// - Throws: What the file system says.
    @discardableResult
    public func lay(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o400) throws(LinuxError) -> String {
        let file = "\(filesPath)/\(name)"
        let folder = file[..<(file.lastIndex(of: "/") ?? file.endIndex)]
        try Files.makeFolders(String(folder), mode: 0o700)
        try Files.write(file, bytes, mode: mode)
        return file
    }
}

/// Where the scratch folders of this process lie, and the end of those whose process is gone.
final class ScratchYard: Sendable {
    private let folder: String
    private let lock: FileLock
    private let next = Locked(0)

    /// Takes a folder of its own under `base`, and removes those of processes that no longer live.
    init(under base: String) throws(LinuxError) {
        try Files.makeFolders(base)
        Self.sweep(base)
        let name = "\(base)/\(ThisProcess.id)-\(Random.bytes(4).hexadecimal)"
        guard let lock = try FileLock.take(name + ".lock") else {
            throw LinuxError("flock", name, errno: 11)
        }
        self.lock = lock
        folder = name
        try Files.makeFolder(folder, mode: 0o711)
    }

    func make() throws(LinuxError) -> Scratch {
        let number = next.withLock { next in
            next += 1
            return next
        }
        let scratch = Scratch(path: "\(folder)/\(number)")
        try Files.makeFolder(scratch.path, mode: 0o700)
        return scratch
    }

    /// Removes an empty scratch folder at once; false if there is more to do.
    static func removeIfEmpty(_ scratch: Scratch) -> Bool {
        do throws(LinuxError) {
            try Files.removeFolder(scratch.path)
        } catch {
            return false
        }
        return !Files.exists(scratch.filesPath)
    }

    /// Removes a scratch folder and whatever a program left in it.
    static func remove(_ scratch: Scratch) {
        try? Files.removeTree(scratch.path)
        try? Files.removeTree(scratch.filesPath)
    }

    /// Removes the folder of this process.
    func close() {
        try? Files.removeTree(folder)
        try? Files.removeFile(folder + ".lock")
    }

    private static func sweep(_ base: String) {
        for name in (try? Files.names(in: base)) ?? [] where name.hasSuffix(".lock") {
            let lockPath = "\(base)/\(name)"
            guard let taken = try? FileLock.take(lockPath) else { continue }
            try? Files.removeTree(String(lockPath.dropLast(".lock".count)))
            try? Files.removeFile(lockPath)
            _ = consume taken
        }
    }
}

import Linux

/// A private folder for one command.
///
/// Its files, if any, lie elsewhere (`filesPath`), so that the working folder starts empty.
public final class Scratch: Sendable {
    public let path: String
    private let laid = Locked(Laid())
    /// What the folder looked like when it was empty.
    let untouched: Files.Stamp?

    /// The folder of the files that were laid down.
    public let filesPath: String

    /// What lies in the folder of the files.
    private struct Laid {
        /// Names in that folder, nothing in folders of its own.
        var files: [String] = []
        /// Empty folders when they were made, and those on the way to other files.
        var folders: [String] = []
        var deepFiles: [String] = []
        /// Whole paths of folders within the working folder.
        var within: [String] = []

        var isEmpty: Bool { files.isEmpty && folders.isEmpty }
    }

    init(path: String, filesPath: String, untouched: Files.Stamp?) {
        self.path = path
        self.filesPath = filesPath
        self.untouched = untouched
    }

    var hasFiles: Bool { laid.withLock { !$0.isEmpty } }

    /// Lays down a file that only the command's user can read.
    ///
    /// - Parameters:
    ///   - name: A relative path without `..`; folders in it are made.
    ///   - bytes: The content.
    ///   - mode: The permissions, by default 0400.
    /// - Returns: The path of the file.
    /// - Throws: What the file system says.
    @discardableResult
    public func lay(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o400) throws(LinuxError) -> String {
        try makeFilesFolder()
        let parts = name.split(separator: "/")
        for length in 1..<max(1, parts.count) {
            let folder = parts.prefix(length).joined(separator: "/")
            laid.withLock { $0.folders.append(folder) }
            try Files.makeFolders("\(filesPath)/\(folder)", mode: 0o700)
        }
        let file = "\(filesPath)/\(name)"
        laid.withLock { laid in
            if parts.count > 1 { laid.deepFiles.append(name) } else { laid.files.append(name) }
        }
        try Files.write(file, bytes, mode: mode)
        return file
    }

    /// Lays down an empty folder that the command's user owns; `name` is one word, no path.
    ///
    /// - Throws: What the file system says.
    public func layFolder(_ name: String) throws(LinuxError) {
        try makeFilesFolder()
        laid.withLock { $0.folders.append(name) }
        try Files.makeFolders("\(filesPath)/\(name)", mode: 0o700)
    }

    private func makeFilesFolder() throws(LinuxError) {
        if !hasFiles { try Files.makeFolders(filesPath, mode: 0o700) }
    }

    /// Removes what was laid down, and whatever else a program left there.
    ///
    /// By name where it is as it was laid down, a call each; a folder that is no longer empty, or no folder
    /// any more, is refused by the kernel and removed as a tree.
    func removeFiles() {
        let laid = laid.withLock { $0 }
        guard !laid.isEmpty else { return }
        if laid.deepFiles.isEmpty {
            for name in laid.files { try? Files.removeFile("\(filesPath)/\(name)") }
            for name in laid.folders { try? Files.removeFolder("\(filesPath)/\(name)") }
        }
        try? Files.removeTree(filesPath)
    }

    /// Makes a folder within the working folder, at a relative path without `..`, and returns its path.
    ///
    /// - Throws: What the file system says.
    public func makeFolder(_ name: String) throws(LinuxError) -> String {
        var folder = path
        for part in name.split(separator: "/") {
            folder += "/\(part)"
            laid.withLock { [folder] in $0.within.append(folder) }
        }
        try Files.makeFolders(folder, mode: 0o700)
        return folder
    }

    /// Gives the folder and its files to the user that the command runs as.
    func handOver(to user: UInt32) throws(LinuxError) {
        let laid = laid.withLock { $0 }
        let names = laid.folders + laid.files + laid.deepFiles
        let paths = laid.isEmpty ? [] : [filesPath] + names.map { "\(filesPath)/\($0)" }
        for path in [path] + laid.within + paths { try Files.changeOwner(path, user: user, group: user) }
    }

    /// Whether the folder is as it was made, and so can serve another command.
    var isClean: Bool {
        untouched != nil && Files.stamp(path) == untouched
    }
}

/// Where the scratch folders of this process lie, and the end of those whose process is gone.
///
/// A folder that a command has not touched serves the next one: on ext4 a new one costs 100 µs under load, as
/// it avoids the inodes of those just removed. For the same reason the files laid down for a command, a few
/// small ones each time, lie in memory (`/dev/shm`) where the host has that.
final class ScratchYard: Sendable {
    private let folder: String
    /// Where files are laid down; the same as `folder` without a file system in memory.
    private let filesFolder: String
    private let lock: FileLock
    private let state = Locked(State())

    private struct State {
        var count = 0
        var clean: [Scratch] = []
    }

    /// How many clean folders are kept.
    private static let mostClean = 256

    /// Takes a folder of its own under `base`, and removes those of processes that no longer live.
    init(under base: String) throws(LinuxError) {
        try Files.makeFolders(base)
        Self.sweep(base)
        Self.sweepMemory()
        let name = "\(ThisProcess.id)-\(Random.bytes(4).hexadecimal)"
        folder = "\(base)/\(name)"
        guard let lock = try FileLock.take(folder + ".lock") else {
            throw LinuxError("flock", folder, errno: 11)
        }
        self.lock = lock
        try Files.makeFolder(folder, mode: 0o711)
        filesFolder = Self.memoryFolder(name) ?? "\(folder)/files"
        try Files.makeFolders(filesFolder, mode: 0o711)
    }

    /// A folder of this name in memory; nil where there is none to be had.
    ///
    /// Everybody may write to `/dev/shm`, so it must be new: in a folder that another user had made before,
    /// that user could put our files elsewhere.
    private static func memoryFolder(_ name: String) -> String? {
        let path = memoryPath(name)
        return (try? Files.makeFolder(path, mode: 0o711)) == nil ? nil : path
    }

    private static let memory = (folder: "/dev/shm", prefix: "pawl-")

    private static func memoryPath(_ name: String) -> String { "\(memory.folder)/\(memory.prefix)\(name)" }

    /// Removes the folders in memory of processes that are gone, wherever their scratch folders lay.
    private static func sweepMemory() {
        for name in (try? Files.names(in: memory.folder)) ?? [] where name.hasPrefix(memory.prefix) {
            let process = name.dropFirst(memory.prefix.count).split(separator: "-").first.flatMap {
                Int32($0)
            }
            if let process, !ThisProcess.exists(pid: process) {
                try? Files.removeTree("\(memory.folder)/\(name)")
            }
        }
    }

    func make() throws(LinuxError) -> Scratch {
        let (used, number) = state.withLock { state in
            let used = state.clean.popLast()
            state.count += used == nil ? 1 : 0
            return (used, state.count)
        }
        if let used { return Scratch(path: used.path, filesPath: used.filesPath, untouched: used.untouched) }
        let path = "\(folder)/\(number)"
        try Files.makeFolder(path, mode: 0o700)
        return Scratch(path: path, filesPath: "\(filesFolder)/\(number)", untouched: Files.stamp(path))
    }

    /// Keeps a clean folder for the next command; false if it has to be removed.
    func takeBack(_ scratch: Scratch) -> Bool {
        guard scratch.isClean else { return false }
        scratch.removeFiles()
        return state.withLock { state in
            guard state.clean.count < Self.mostClean else { return false }
            state.clean.append(scratch)
            return true
        }
    }

    /// Removes a scratch folder and whatever a program left in it.
    func remove(_ scratch: Scratch) {
        try? Files.removeTree(scratch.path)
        scratch.removeFiles()
    }

    /// Removes the folder of this process.
    func close() {
        try? Files.removeTree(folder)
        try? Files.removeTree(filesFolder)
        try? Files.removeFile(folder + ".lock")
    }

    private static func sweep(_ base: String) {
        for name in (try? Files.names(in: base)) ?? [] where name.hasSuffix(".lock") {
            let lockPath = "\(base)/\(name)"
            guard let taken = try? FileLock.take(lockPath) else { continue }
            try? Files.removeTree(String(lockPath.dropLast(".lock".count)))
            try? Files.removeTree(memoryPath(String(name.dropLast(".lock".count))))
            try? Files.removeFile(lockPath)
            _ = consume taken
        }
    }
}

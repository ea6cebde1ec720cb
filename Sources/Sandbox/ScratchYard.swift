import Linux

/// Where the scratch folders of this process lie, and the end of those whose process is gone.
///
/// A folder that a command has not touched serves the next one: on ext4 a new one costs 100 µs under load, as
/// it avoids the inodes of those just removed. For the same reason the files laid down for a command, a few
/// small ones each time, lie in memory (`/dev/shm`) where the host has that, and stay there for the next
/// (``LaidFiles``).
///
/// Folders with something in them are removed by a thread of their own: a deep tree on a busy disk takes
/// minutes.
final class ScratchYard: Sendable {
    private let folder: String
    /// Where files are laid down; the same as `folder` without a file system in memory.
    private let filesFolder: String
    private let lock: FileLock
    private let sweeper = Janitor("sweeper")
    private let state = Locked(State())

    private struct State {
        var count = 0
        var clean: [Scratch] = []
    }

    /// How many clean folders are kept.
    private static let mostClean = 256
    /// How long the end waits for what is still to be removed; the next process removes the rest.
    private static let patience = Duration.seconds(2)

    /// Takes a folder of its own under `base`, and removes those of processes that no longer live.
    init(under base: String) throws(LinuxError) {
        try Files.makeFolders(base)
        let name = "\(ThisProcess.id)-\(Random.bytes(4).hexadecimal)"
        folder = "\(base)/\(name)"
        guard let lock = try FileLock.take(folder + ".lock") else {
            throw LinuxError("flock", folder, errno: 11)
        }
        self.lock = lock
        try Files.makeFolder(folder, mode: 0o711)
        filesFolder = Self.memoryFolder(name) ?? "\(folder)/files"
        try Files.makeFolders(filesFolder, mode: 0o711)
        sweeper.perform {
            Self.sweepMemory()
            Self.sweep(base)
        }
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
        if let used { return used }
        let path = "\(folder)/\(number)"
        try Files.makeFolder(path, mode: 0o700)
        return Scratch(
            path: path,
            files: LaidFiles(in: "\(filesFolder)/\(number)"),
            untouched: Files.stamp(path)
        )
    }

    /// Keeps a clean folder for the next command; false if it has to be removed.
    func takeBack(_ scratch: Scratch) -> Bool {
        guard scratch.isClean else { return false }
        let next = Scratch(path: scratch.path, files: scratch.files.reclaimed(), untouched: scratch.untouched)
        return state.withLock { state in
            guard state.clean.count < Self.mostClean else { return false }
            state.clean.append(next)
            return true
        }
    }

    /// Removes a scratch folder and whatever a program left in it, sooner or later.
    ///
    /// What was laid down, secrets among it, goes before what a program may have made endless.
    func remove(_ scratch: Scratch) {
        sweeper.perform {
            scratch.files.remove()
            try? Files.removeTree(scratch.path)
        }
    }

    /// Removes the folder of this process.
    func close() {
        guard sweeper.close(within: Self.patience) else { return }
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

import Linux

/// A private folder for one command.
///
/// Its files, if any, lie elsewhere (`filesPath`), so that the working folder starts empty.
public final class Scratch: Sendable {
    public let path: String
    let files: LaidFiles
    /// Whole paths of folders that were made within the working folder.
    private let within = Locked<[String]>([])
    /// What the folder looked like when it was empty.
    let untouched: Files.Stamp?

    /// The name of the laid folder in which a command may leave files, also a strict one if it is empty.
    public static let artifacts = "artifacts"

    public var artifactsPath: String { "\(filesPath)/\(Self.artifacts)" }

    private let seen = Locked((folders: [HeldFolder](), isRead: false))

    /// The folders of a strict command that runs or ran, if it has them in memory: its working folder, and
    /// the one for artifacts.
    ///
    /// They are there as long as they are held.
    public var ownFolders: [HeldFolder] {
        seen.withLock { seen in
            seen.isRead = seen.isRead || !seen.folders.isEmpty
            return seen.folders
        }
    }

    /// Whether somebody reads in those.
    var isRead: Bool { seen.withLock { $0.isRead } }

    func show(_ folders: [HeldFolder]) { seen.withLock { $0.folders = folders } }

    /// What ``ownFolders`` are called.
    var places: [String] { [path, artifactsPath] }

    /// The folder of the files that were laid down.
    public var filesPath: String { files.path }

    init(path: String, files: LaidFiles, untouched: Files.Stamp?) {
        self.path = path
        self.files = files
        self.untouched = untouched
    }

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
        try files.lay(name, bytes, mode: mode)
        return "\(filesPath)/\(name)"
    }

    /// Lays down an empty folder that the command's user owns; `name` is one word, no path.
    ///
    /// - Throws: What the file system says.
    public func layFolder(_ name: String) throws(LinuxError) { try files.layFolder(name) }

    /// Makes a folder within the working folder, at a relative path without `..`, and returns its path.
    ///
    /// - Throws: What the file system says.
    public func makeFolder(_ name: String) throws(LinuxError) -> String {
        var folder = path
        for part in name.split(separator: "/") {
            folder += "/\(part)"
            within.withLock { [folder] in $0.append(folder) }
        }
        try Files.makeFolders(folder, mode: 0o700)
        return folder
    }

    /// Gives the folder and its files to the user that the command runs as.
    func handOver(to user: UInt32) throws(LinuxError) {
        let paths = [path] + within.withLock { $0 } + files.paths
        for path in paths { try Files.changeOwner(path, user: user, group: user) }
    }

    /// Whether the folder is as it was made, and so can serve another command.
    var isClean: Bool {
        untouched != nil && Files.stamp(path) == untouched
    }
}

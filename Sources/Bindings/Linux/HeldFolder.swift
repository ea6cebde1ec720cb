import CLinux
import Glibc

/// A folder that stays the one it was, whatever a hostile program puts in its place.
public final class HeldFolder: Sendable {
    /// Where it was when it was opened.
    public let path: String
    private let descriptor: Descriptor

    /// Opens a folder; a link in its place is refused.
    public init(_ path: String) throws(LinuxError) {
        self.path = path
        descriptor = try Files.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }

    /// Takes over the descriptor of a folder that others call `path`.
    init(owning number: Int32, path: String) {
        self.path = path
        descriptor = Descriptor(owning: number)
    }

    public var stamp: Files.Stamp? {
        var status = stat()
        return fstat(descriptor.number, &status) == 0 ? Files.Stamp(status) : nil
    }

    /// Removes all that is in the folder.
    ///
    /// - Throws: What the kernel says if it cannot be opened.
    public func empty() throws(LinuxError) {
        fchmod(descriptor.number, 0o700)
        let again = pawl_openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY, 0)
        guard again >= 0 else { throw LinuxError(last: "open", path) }
        TreeRemoval(again).run()
    }

    /// Makes a file that everybody who can enter the folder can read; `name` is one word, no path.
    ///
    /// - Throws: `EEXIST` if there is anything of that name, a link too.
    public func lay(_ name: String, _ bytes: [UInt8]) throws(LinuxError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        let number = pawl_openat(descriptor.number, name, flags, 0o444)
        guard number >= 0 else { throw LinuxError(last: "open", name) }
        try Descriptor(owning: number).write(bytes)
    }

    /// Opens a plain file in the folder for reading.
    ///
    /// - Parameter name: Relative to the folder, or absolute with the folder's own path before it.
    /// - Returns: Its descriptor.
    /// - Throws: `EXDEV` for a path that leads out of the folder, `ELOOP` for one with a link in it, `EINVAL`
    ///   for what is no plain file.
    public func file(_ name: String) throws(LinuxError) -> Descriptor {
        let inside = name.hasPrefix(path + "/") ? String(name.dropFirst(path.utf8.count + 1)) : name
        let number = pawl_open_beneath(descriptor.number, inside)
        guard number >= 0 else { throw LinuxError(last: "open", name) }
        let file = Descriptor(owning: number)
        var status = stat()
        guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw LinuxError("open", name, errno: EINVAL)
        }
        return file
    }
}

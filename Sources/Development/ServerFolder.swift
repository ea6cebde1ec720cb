import Linux

/// The folder of one private server: its lock, log and socket, and who owns it.
///
/// One process uses it at a time. What a process that was killed left in it is found and cleared away.
final class ServerFolder: Sendable {
    let path: String
    /// Where the socket is: here, or in a folder with a short name if the path is too long for one.
    let socketFolder: String
    /// Whom the server runs as; nil: as we do.
    let user: User?
    private let lock: FileLock

    /// What `sockaddr_un` holds, without the terminator.
    static let socketPathLimit = 107

    /// Makes the folder if need be, for `user`, and locks it.
    init(_ path: String, user: User?, socketName: String) throws(DevelopmentError) {
        self.path = path
        self.user = user
        socketFolder = Self.socketFolder(for: path, socketName: socketName)
        let folders = [path, socketFolder]
        let lock = try attempt("prepare the folder \(path)") { () throws(LinuxError) in
            for folder in folders {
                try Files.makeFolders(folder, mode: 0o755)
                if let user { try Files.changeOwner(folder, user: user.id, group: user.group) }
                try Files.changeMode(folder, 0o700)
            }
            return try FileLock.take("\(path)/lock")
        }
        guard let lock else {
            throw DevelopmentError("another process uses \(path)", hint: "stop it, or name another folder")
        }
        self.lock = lock
    }

    /// In the temporary folder, a short name that is the same for the same path.
    static func socketFolder(for path: String, socketName: String) -> String {
        guard "\(path)/\(socketName)".utf8.count > socketPathLimit else { return path }
        // FNV-1a: it must differ between the few folders of one machine, not withstand an adversary.
        let hash = path.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "/tmp/pawl-\(ThisProcess.userID)-\(String(hash, radix: 36))"
    }

    /// Ends the process of an earlier life of ours that a pid file names, if it still runs.
    ///
    /// The number may be another's by now: only a process whose command line names this folder is ours.
    func end(earlier pid: Int32, with signal: Int32, within patience: Duration) throws(DevelopmentError) {
        guard isOurs(pid) else { return }
        ThisProcess.signal(signal, pid: pid)
        let deadline = MonotonicTime.now + patience
        let pause = Waker()
        while isOurs(pid) {
            guard MonotonicTime.now < deadline else {
                throw DevelopmentError(
                    "process \(pid), left over from an earlier run, does not end",
                    hint: "look at it, and end it with: kill \(pid)"
                )
            }
            pause.wait(until: .now + .milliseconds(10))
        }
    }

    private func isOurs(_ pid: Int32) -> Bool {
        let line = String(decoding: (try? Files.read("/proc/\(pid)/cmdline")) ?? [], as: UTF8.self)
        // Redis replaces its arguments by a title with the path of its socket.
        return line.contains("\(path)/") || line.contains("\(socketFolder)/")
    }

    /// Removes the folder with all that is in it; nothing may run in it.
    func remove() {
        for folder in Set([path, socketFolder]) { try? Files.removeTree(folder) }
    }
}

import Linux

/// The files that are laid down for a command, in a folder of their own.
///
/// What a command has left as it was serves the next one, whose files are written over those of the same
/// name: making and removing two folders and a file took 6 % of the processor time of a small step.
final class LaidFiles: Sendable {
    let path: String
    private let state: Locked<State>

    private struct State {
        var entries: [Entry] = []
        /// Whether something lies deeper, in a folder on the way to it; secrets do, and are never kept.
        var isDeep = false
        /// What the folder looked like when the command was started; nil while that has yet to be looked at.
        var sealed: Files.Stamp?

        subscript(name: String) -> Entry? {
            get { entries.first { $0.name == name } }
            set {
                sealed = nil
                entries.removeAll { $0.name == name }
                if let newValue { entries.append(newValue) }
            }
        }
    }

    private struct Entry {
        let name: String
        /// Of a file; nil of a folder.
        var mode: UInt32?
        /// Whether it was laid down for this command, and not for the one before.
        var isCurrent = true
        var sealed: Files.Stamp?
    }

    convenience init(in path: String) { self.init(path, State()) }

    private init(_ path: String, _ state: State) {
        self.path = path
        self.state = Locked(state)
    }

    var isEmpty: Bool { state.withLock { $0.entries.isEmpty } }

    /// Whether there is such a folder, with nothing laid down in it.
    func isEmpty(_ folder: String) -> Bool {
        state.withLock { state in
            state[folder] != nil && !state.entries.contains { $0.name.hasPrefix(folder + "/") }
        }
    }

    /// The folder, and what lies in it.
    var paths: [String] { state.withLock { $0.entries.isEmpty ? [] : [path] + $0.entries.map(place) } }

    private func place(_ entry: Entry) -> String { "\(path)/\(entry.name)" }

    // MARK: - Laying down

    func lay(_ name: String, _ bytes: [UInt8], mode: UInt32) throws(LinuxError) {
        if renew(name, bytes, mode: mode) { return }
        try makeFolder()
        let parts = name.split(separator: "/")
        for length in 1..<max(1, parts.count) {
            try add(Entry(name: parts.prefix(length).joined(separator: "/")))
            state.withLock { $0.isDeep = true }
        }
        state.withLock { $0[name] = Entry(name: name, mode: mode) }
        try Files.write("\(path)/\(name)", bytes, mode: mode)
    }

    func layFolder(_ name: String) throws(LinuxError) {
        let isThere = state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.name == name && $0.mode == nil }) else {
                return false
            }
            state.entries[index].isCurrent = true
            return true
        }
        if isThere { return }
        try makeFolder()
        try add(Entry(name: name))
    }

    private func makeFolder() throws(LinuxError) {
        if isEmpty { try Files.makeFolders(path, mode: 0o700) }
    }

    private func add(_ folder: Entry) throws(LinuxError) {
        state.withLock { $0[folder.name] = folder }
        try Files.makeFolders(place(folder), mode: 0o700)
    }

    /// Writes over a file of the command before.
    ///
    /// A user other than root may not write to a file that only they can read: then it is made anew.
    private func renew(_ name: String, _ bytes: [UInt8], mode: UInt32) -> Bool {
        let isKept = state.withLock { $0[name].map { !$0.isCurrent && $0.mode == mode } ?? false }
        guard isKept else { return false }
        let file = "\(path)/\(name)"
        guard (try? Files.overwrite(file, bytes)) != nil else {
            try? Files.removeFile(file)
            state.withLock { $0[name] = nil }
            return false
        }
        state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.name == name }) else { return }
            state.entries[index].isCurrent = true
        }
        return true
    }

    // MARK: - From one command to the next

    /// Looks at what the command will find, after removing what only the one before was given.
    func seal() {
        state.withLock { state in
            for entry in state.entries where !entry.isCurrent {
                if entry.mode == nil {
                    try? Files.removeFolder(place(entry))
                } else {
                    try? Files.removeFile(place(entry))
                }
                state[entry.name] = nil
            }
            guard state.sealed == nil, !state.isDeep, !state.entries.isEmpty else { return }
            for index in state.entries.indices {
                state.entries[index].sealed = Files.stamp(place(state.entries[index]))
            }
            state.sealed = Files.stamp(path)
        }
    }

    /// The same for the next command: with what lies there, or empty.
    func reclaimed() -> LaidFiles {
        var state = state.withLock { $0 }
        guard isUntouched(state) else {
            remove()
            return LaidFiles(in: path)
        }
        for index in state.entries.indices { state.entries[index].isCurrent = false }
        return LaidFiles(path, state)
    }

    /// Whether names, kinds and permissions are those that were laid down.
    private func isUntouched(_ state: State) -> Bool {
        guard let sealed = state.sealed, Files.stamp(path) == sealed else { return false }
        return state.entries.allSatisfy { entry in
            guard let before = entry.sealed, let now = Files.stamp(place(entry)) else { return false }
            return entry.mode == nil ? now == before : now.isOfSameFile(as: before)
        }
    }

    /// Removes what was laid down, and whatever else a program left there.
    ///
    /// By name where it is as it was laid down, a call each; a folder that is no longer empty, or no folder
    /// any more, is refused by the kernel and removed as a tree.
    func remove() {
        let state = state.withLock { $0 }
        guard !state.entries.isEmpty else { return }
        if !state.isDeep {
            for entry in state.entries where entry.mode != nil { try? Files.removeFile(place(entry)) }
            for entry in state.entries where entry.mode == nil { try? Files.removeFolder(place(entry)) }
        }
        try? Files.removeTree(path)
    }
}

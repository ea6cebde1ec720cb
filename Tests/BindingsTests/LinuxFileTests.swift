import Linux
import Testing

/// What a hostile program leaves behind is read and removed without harm.
@Suite("Files")
struct LinuxFileTests {
    /// A folder of its own for one test.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/pawl-files-\(ThisProcess.id)-\(Random.bytes(4).hexadecimal)"
        try Files.makeFolder(folder)
        defer { try? Files.removeTree(folder) }
        try body(folder)
    }

    private func shell(_ script: String, in folder: String) throws {
        let spawn = ProcessSpawn(
            path: "/bin/sh",
            arguments: ["sh", "-c", script],
            environment: ["PATH=/usr/bin:/bin"],
            directory: folder
        )
        let (status, _) = try spawn.start().wait()
        #expect(status == .exited(0))
    }

    @Test("a planted link, fifo, device or folder is not read")
    func planted() throws {
        try withFolder { folder in
            try shell("ln -s /etc/passwd link; mkfifo fifo; mkdir folder; echo yes >file", in: folder)
            #expect(try Files.readPlanted("\(folder)/file", limit: 10) == Array("yes\n".utf8))
            for name in ["link", "fifo", "folder"] {
                #expect(throws: LinuxError.self) { try Files.readPlanted("\(folder)/\(name)", limit: 10) }
            }
            #expect(throws: LinuxError.self) { try Files.readPlanted("/dev/zero", limit: 10) }
        }
    }

    @Test("a file larger than the limit is not read, not even a sparse one of a terabyte")
    func sparse() throws {
        try withFolder { folder in
            try shell("truncate -s 1T sparse", in: folder)
            #expect(throws: LinuxError("read", "\(folder)/sparse", errno: 27)) {
                try Files.readPlanted("\(folder)/sparse", limit: 1 << 20)
            }
        }
    }

    @Test(
        "any tree is removed",
        arguments: [
            "python3 -c \"import os\nfor i in range(3000): os.mkdir('d'); os.chdir('d')\"",
            "mkdir -p a/b/c; echo x >a/b/c/f; chmod 000 a/b/c a/b a",
            "mkfifo fifo; ln -s /etc etc; ln -s / a; mkdir b; ln -s ../b b/loop",
            "mkdir \"$(printf 'new\\nline')\"; touch \"$(printf '\\377\\376')\" ' ' -- -rf",
            "for i in 1 2 3; do mkdir -p $i/$i/$i; for j in 1 2 3; do touch $i/$i/$j; done; done",
        ]
    )
    func removal(script: String) throws {
        try withFolder { folder in
            let tree = folder + "/tree"
            try Files.makeFolder(tree)
            try shell(script, in: tree)
            try Files.removeTree(tree)
            #expect(Files.kind(of: tree) == nil)
            #expect(Files.kind(of: "/etc") == .folder)
        }
    }

    @Test("removing what a hard link shares leaves the other name")
    func hardLink() throws {
        try withFolder { folder in
            try shell("mkdir tree; echo kept >file; ln file tree/link", in: folder)
            try Files.removeTree(folder + "/tree")
            #expect(try Files.read(folder + "/file") == Array("kept\n".utf8))
        }
    }

    @Test("an atomic write replaces the content and leaves no other file")
    func atomicWrite() throws {
        try withFolder { folder in
            try Files.writeAtomically(folder + "/f", Array("one".utf8))
            try Files.writeAtomically(folder + "/f", Array("two".utf8))
            #expect(try Files.read(folder + "/f") == Array("two".utf8))
            #expect(try Files.names(in: folder) == ["f"])
        }
    }

    @Test("a lock is held once, and free when its holder lets go")
    func lock() throws {
        try withFolder { folder in
            func isFree() throws -> Bool { try FileLock.take(folder + "/lock") != nil }
            let held = try FileLock.take(folder + "/lock")
            #expect(try !isFree())
            _ = consume held
            #expect(try isFree())
        }
    }

    @Test("an error says what was called on what, and the kernel's reason")
    func errors() {
        #expect(throws: LinuxError("open", "/no/such", errno: 2)) { try Files.read("/no/such") }
        #expect(
            LinuxError("open", "/no/such", errno: 2).description == "open /no/such: No such file or directory"
        )
    }
}

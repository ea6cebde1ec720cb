import Linux
import Testing

@Suite("Folders held open")
struct HeldFolderTests {
    private func withFolder(_ body: (String, HeldFolder) throws -> Void) throws {
        let path = "/tmp/pawl-held-\(Random.bytes(6).hexadecimal)"
        try Files.makeFolders(path)
        defer { try? Files.removeTree(path) }
        try body(path, HeldFolder(path))
    }

    @Test("a file in it is found by relative and by absolute path, nothing outside is")
    func beneath() throws {
        try withFolder { path, folder in
            try Files.makeFolders("\(path)/sub")
            try Files.write("\(path)/sub/a", Array("text".utf8))
            for name in ["sub/a", "\(path)/sub/a"] {
                let bytes = try folder.file(name).readToEnd()
                #expect(bytes == Array("text".utf8))
            }
            for name in ["../\(path.dropFirst(5))/sub/a", "/etc/passwd", "sub", "missing"] {
                #expect(throws: LinuxError.self, "\(name)") { _ = try folder.file(name).number }
            }
        }
    }

    @Test("it is emptied again and again, and is the same folder also where another takes its name")
    func emptying() throws {
        try withFolder { path, folder in
            for _ in 0..<2 {
                try Files.makeFolders("\(path)/a/b")
                try folder.empty()
                #expect(try Files.names(in: path).isEmpty)
            }
            let stamp = folder.stamp
            try Files.rename(path, to: path + "-moved")
            defer { try? Files.removeTree(path + "-moved") }
            try Files.makeFolders(path)
            try Files.write("\(path)/other", [1])
            try folder.empty()
            #expect(try Files.names(in: path) == ["other"])
            #expect(stamp != nil)
        }
    }
}

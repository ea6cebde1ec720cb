import Executors
import JSON
import Linux
import Scheduler
import Testing

@Suite("Plugins are found, and what is wrong with one is told")
struct ExecutorRegistryTests {
    func folder(_ name: String) throws -> String {
        let path = "\(ExecutorFixture.folder)-\(name)-\(ThisProcess.id)"
        try Files.makeFolders(path)
        return path
    }

    func message(
        _ registry: PluginRegistry,
        _ action: String,
        _ plugin: String,
        _ version: String? = nil
    ) -> String {
        do throws(StepError) {
            _ = try registry.action(action, of: plugin, version: version)
            return "found"
        } catch {
            #expect(error.type == "PluginUnavailable")
            return error.message
        }
    }

    @Test("by name and version, a single executable under its own name")
    func resolution() throws {
        let registry = PluginRegistry(folders: [ExecutorFixture.plugins])
        #expect(registry.catalogue.problems.isEmpty)
        #expect(try registry.action("echo", of: "probe").version?.description == "1.4.0")
        #expect(try registry.action("echo", of: "probe", version: "1").version?.description == "1.4.0")
        #expect(try registry.action("echo", of: "probe", version: "1.2").version?.description == "1.2.0")
        #expect(try registry.action("run", of: "give-back").version == nil)
        #expect(try registry.action("tell", of: "probe").digest?.count == 64)
    }

    @Test("what is not there is told with where it was looked for and what is near")
    func misses() {
        let registry = PluginRegistry(folders: [ExecutorFixture.plugins])
        let plugin = message(registry, "echo", "prob")
        #expect(plugin.contains(ExecutorFixture.plugins))
        #expect(plugin.contains("did you mean \"probe\"?"))
        #expect(message(registry, "eco", "probe").contains("did you mean \"echo\"?"))
        #expect(message(registry, "echo", "probe", "2").contains("1.4.0, 1.2.0"))
    }

    @Test("every mistake of a manifest comes with line and column, and others are not hurt")
    func badManifest() throws {
        let root = try folder("manifest")
        defer { try? Files.removeTree(root) }
        try Files.makeFolders("\(root)/bad")
        let manifest = """
            name: Bad_Name
            version: one
            protocol: 2
            actions:
              charge:
                exce: [./charge]
                timeout: 5
                input: { typ: object }
                exit_codes: { 300: { type: X } }
            """
        try Files.write("\(root)/bad/plugin.yaml", Array(manifest.utf8))
        let registry = PluginRegistry(folders: [root, ExecutorFixture.plugins])
        let found = registry.catalogue.problems.map {
            "\($0)".replacing("\(root)/bad/plugin.yaml:", with: "")
        }
        for place in ["1:7", "2:10", "3:11", "6:5", "7:14", "8:19", "9:19"] {
            #expect(found.contains { $0.hasPrefix(place + ": error:") }, "\(place) in \(found)")
        }
        #expect(found.contains { $0.contains("did you mean \"exec\"?") })
        #expect(message(registry, "charge", "bad").contains("plugin.yaml:"))
        #expect(try registry.action("echo", of: "probe").name == "echo")
    }

    @Test("an executable that is missing, has no run bit, or names no interpreter")
    func badExecutables() throws {
        let root = try folder("executables")
        defer { try? Files.removeTree(root) }
        try Files.makeFolders("\(root)/bad")
        let manifest = """
            name: bad
            version: 1.0.0
            actions:
              missing: { exec: [./missing] }
              plain: { exec: [./plain] }
              headless: { exec: [./headless] }
              lost: { exec: [./lost] }
              unknown: { exec: [no-such-program] }
            """
        try Files.write("\(root)/bad/plugin.yaml", Array(manifest.utf8))
        try Files.write("\(root)/bad/plain", Array("#!/bin/sh\n".utf8))
        try Files.write("\(root)/bad/headless", Array("echo\n".utf8), mode: 0o755)
        try Files.write("\(root)/bad/lost", Array("#!/no/such\n".utf8), mode: 0o755)
        let registry = PluginRegistry(folders: [root])
        #expect(message(registry, "missing", "bad").contains("is missing"))
        #expect(message(registry, "plain", "bad").contains("chmod +x"))
        #expect(message(registry, "headless", "bad").contains("#!"))
        #expect(message(registry, "lost", "bad").contains("/no/such"))
        #expect(message(registry, "unknown", "bad").contains("PATH"))
    }

    @Test("a changed program has another digest, and a new plugin is seen at once")
    func changes() throws {
        let root = try folder("changes")
        defer { try? Files.removeTree(root) }
        let registry = PluginRegistry(folders: [root])
        #expect(message(registry, "run", "fresh") != "found")
        try Files.write("\(root)/fresh", Array("#!/bin/sh\necho 1\n".utf8), mode: 0o755)
        let first = try registry.action("run", of: "fresh").digest
        try Files.write("\(root)/fresh", Array("#!/bin/sh\necho 22\n".utf8), mode: 0o755)
        #expect(registry.catalogue.plugins.first?.actions.first?.digest != first)
        try Files.removeFile("\(root)/fresh")
        #expect(registry.catalogue.plugins.isEmpty)
    }
}

extension ExecutorRegistryTests {
    @Test("a lone program without its run bit is told of by name and by path")
    func noRunBit() throws {
        let root = try folder("run-bit")
        defer { try? Files.removeTree(root) }
        try Files.write("\(root)/plain_one.sh", Array("#!/bin/sh\n".utf8))
        let registry = PluginRegistry(folders: [root])
        #expect(message(registry, "run", "plain-one").contains("chmod +x"))
        let byPath = #expect(throws: StepError.self) {
            try PluginReference("\(root)/plain_one.sh", folders: [])
        }
        #expect(byPath?.message.contains("chmod +x") == true)
    }
}

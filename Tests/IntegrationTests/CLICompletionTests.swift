import JSON
import Linux
import TestSupport
import Testing

@Suite("Completion and export")
struct CLICompletionTests {
    /// What bash would offer after these words, the last of which is being typed.
    private static func offered(_ words: [String]) throws -> Set<String> {
        let script = try PawlProcess.run(["completion", "bash"])
        #expect(script.exit == 0)
        let folder = try TestServers.folder()
        let ask = """
            COMP_WORDS=(pawl \(words.joined(separator: " "))); COMP_CWORD=\(words.count); _pawl
            echo "${COMPREPLY[@]}" >\(folder)/offered
            """
        try Files.write("\(folder)/ask", Array("\(script.output)\n\(ask)\n".utf8))
        let bash = try ProcessSpawn(path: "/bin/bash", arguments: ["bash", "\(folder)/ask"]).start()
        #expect(try bash.wait().0 == .exited(0))
        let offered = String(decoding: try Files.read("\(folder)/offered", limit: 10_000), as: UTF8.self)
        return Set(offered.split { $0 == " " || $0 == "\n" }.map(String.init))
    }

    @Test("commands, their second words and their options are offered")
    func bash() async throws {
        try await onOwnThread {
            #expect(try Self.offered(["wo"]) == ["workflow", "worker"])
            #expect(try Self.offered(["run", "pa"]) == ["pause"])
            #expect(try Self.offered(["run", "start", "hello", "--fol"]) == ["--follow"])
            #expect(try Self.offered(["worker", "dr"]) == ["drain"])
            for shell in ["zsh", "fish"] {
                let script = try PawlProcess.run(["completion", shell])
                #expect(script.exit == 0 && script.output.contains("workflow"))
            }
            #expect(try PawlProcess.run(["completion", "tcsh"]).exit == 2)
        }
    }

    @Test("an exported run holds its definition, steps, history and logs")
    func export() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(script("exported", "echo said >&2"))["id"]?.stringValue ?? ""
            let result = try PawlProcess.run(["run", "export", run, "--server", api.address])
            let document = try JSONValue.parse(result.output)
            #expect(document["run"]?["id"]?.stringValue == run)
            #expect(document["workflow"]?["source"]?.stringValue?.contains("name: exported") == true)
            #expect(document["steps"]?.arrayValue?.count == 1)
            let history = document["history"]?.arrayValue ?? []
            #expect(HistoryCheck.violations(history).isEmpty)
            #expect(document["logs"]?.arrayValue?.first?["message"] == "said")
            #expect(try PawlProcess.run(["run", "export", "none:x", "--server", api.address]).exit == 3)
        }
    }
}

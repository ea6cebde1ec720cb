import Linux
import Sandbox
import Testing

@Suite("Conversations with a command that lives on")
struct ConversationTests {
    @Test("what is written arrives, also beyond what the pipe holds, and comes back line by line")
    func echo() async throws {
        let conversation = Conversation(longestLine: 2 << 20)
        let lines = Locked<[Int]>([])
        let events = Events(stdoutLine: { line in
            lines.withLock { $0.append(line.count) }
            if line.count == 3 { conversation.finish() }
        })
        conversation.write([UInt8](repeating: 0x78, count: 1 << 20) + [0x0A])
        conversation.write(Array("end\n".utf8))
        let ending = try await Fixture.run(["cat"], events: events) { $0.conversation = conversation }
        #expect(ending.outcome == .exited(0))
        #expect(ending.stdout.isEmpty)
        #expect(lines.withLock { $0 } == [1 << 20, 3])
    }

    @Test("a line beyond the limit ends the command, also one without an end", arguments: ["", "\\n"])
    func longLine(end: String) async throws {
        let conversation = Conversation(longestLine: 1_000)
        let ending = try await Fixture.shell("printf '%1001d\(end)' 1; exec sleep 60") {
            $0.conversation = conversation
        }
        #expect(ending.outcome == .outputLimit)
    }

    @Test("the main process is known, and what it uses")
    func mainProcess() async throws {
        let conversation = Conversation(longestLine: 1_000)
        let found = Locked<Int32?>(nil)
        let memory = Locked<Int64>(0)
        let events = Events(stdoutLine: { _ in
            found.withLock { $0 = conversation.mainProcess }
            let process = found.withLock { $0 } ?? 0
            memory.withLock { $0 = ProcessUsage.residentBytes(ofTree: process) }
            if ProcessUsage.processorTime(of: process) != nil { conversation.finish() }
        })
        // Not exec: in the middle of one a process has next to no memory.
        let ending = try await Fixture.shell("echo ready; cat", events: events) {
            $0.conversation = conversation
        }
        #expect(ending.outcome == .exited(0))
        #expect(found.withLock { $0 } != nil)
        #expect(memory.withLock { $0 } > 100_000)
    }
}

import Linux
import Sandbox
import Testing

/// After many commands the host is as it was before.
@Suite("Endurance")
struct EnduranceTests {
    @Test("500 commands, a few at once, leave descriptors, processes, folders and cgroups as before")
    func nothingIsLeft() async throws {
        let sandbox = Fixture.makeSandbox(folder: "endurance")
        for _ in 0..<8 { _ = try await Fixture.shell("exit 0", in: sandbox) }
        let before = Census(sandbox)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                if number >= 4 { _ = try await group.next() }
                group.addTask {
                    let script = number.isMultiple(of: 10) ? "(setsid sleep 100 &); echo x >f" : "exit 0"
                    let ending = try await Fixture.shell(script, in: sandbox)
                    #expect(ending.outcome == .exited(0))
                }
            }
            try await group.waitForAll()
        }
        #expect(await Fixture.eventually { Census(sandbox).isWithin(before) })
        sandbox.close()
        #expect(((try? Files.names(in: "\(Fixture.folder)/endurance")) ?? ["unread"]).isEmpty)
    }

    @Test("64 commands at once run with as few descriptors as there are", .timeLimit(.minutes(1)))
    func manyAtOnce() async throws {
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<64 {
                group.addTask { try await Fixture.shell("sleep 0.05; echo done").text }
            }
            for try await text in group { #expect(text == "done\n") }
        }
    }

    @Test("close ends what runs, and everything of it")
    func close() async throws {
        let sandbox = Fixture.makeSandbox(folder: "closing")
        let ended = BlockingQueue<Ending>()
        var command = Command(
            ["/bin/sh", "-c", "sleep 100"],
            in: try sandbox.makeScratch(),
            timeout: .seconds(60)
        )
        command.environment = ["PATH=/bin"]
        sandbox.start(command) { ended.push($0) }
        sandbox.close()
        if case .cancelled = ended.pop()?.outcome {} else { Issue.record("the command was not cancelled") }
        #expect(((try? Files.names(in: "\(Fixture.folder)/closing")) ?? ["unread"]).isEmpty)
    }

    @Test("the scratch folders of a worker that was killed are removed by the next one")
    func sweep() throws {
        let base = "\(Fixture.folder)/swept"
        try Files.makeFolders("\(base)/1-dead/7")
        try Files.write("\(base)/1-dead.lock", [])
        Fixture.makeSandbox(folder: "swept").close()
        #expect(try Files.names(in: base).isEmpty)
    }
}

/// What may not grow.
private struct Census {
    let descriptors: Int
    let children: Int
    let folders: Int

    init(_ sandbox: Sandbox) {
        descriptors = ((try? Files.names(in: "/proc/self/fd")) ?? []).count
        let threads = (try? Files.names(in: "/proc/self/task")) ?? []
        children = threads.reduce(0) { sum, thread in
            let list = (try? Files.read("/proc/self/task/\(thread)/children")) ?? []
            return sum + list.count { $0 == UInt8(ascii: " ") }
        }
        let base = "\(Fixture.folder)/endurance"
        folders = ((try? Files.names(in: base)) ?? []).reduce(0) { sum, name in
            sum + ((try? Files.names(in: "\(base)/\(name)").count) ?? 0)
        }
    }

    /// Other tests run beside this one, so counts may differ by what those hold.
    func isWithin(_ before: Census) -> Bool {
        descriptors <= before.descriptors + 64 && children <= before.children + 16
            && folders <= before.folders + 8
    }
}

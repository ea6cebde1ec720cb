import Linux
import Testing

@testable import Sandbox

/// The layouts of other hosts, played by plain folders.
@Suite("Cgroups")
struct CgroupTests {
    @Test("on v2 the engine moves to a leaf, hands the controllers down, and sets what is asked for")
    func unified() throws {
        let own = "\(Fixture.folder)/cgroup-\(Random.bytes(3).hexadecimal)"
        try Files.makeFolders(own)
        try Files.write("\(own)/cgroup.controllers", Array("cpuset cpu io memory pids\n".utf8))
        let backend = try #require(CgroupV2(CgroupPlaces(own: ["": own])))
        #expect(backend.keeps == [.cpu, .memory, .pids])
        #expect(try text("\(own)/cgroup.subtree_control") == "+memory +pids +cpu")

        let limits = CgroupLimits(memory: 64 << 20, processes: 16, cpus: 0.5)
        let slot = try #require(try backend.makeSlot(7, limits))
        let folder = slot.folders[0]
        #expect(try text("\(folder)/memory.max") == "67108864")
        #expect(try text("\(folder)/pids.max") == "17")
        #expect(try text("\(folder)/cpu.max") == "50000 100000")
        #expect(slot.processFiles == ["\(folder)/cgroup.procs"])
        #expect(try backend.makeSlot(8, CgroupLimits()) == nil)

        try Files.write("\(folder)/memory.events", Array("low 0\noom 3\noom_kill 2\noom_group_kill 0\n".utf8))
        #expect(slot.outOfMemoryKills() == 2)
    }

    @Test("on v1 each controller has a hierarchy of its own")
    func legacy() throws {
        let base = "\(Fixture.folder)/cgroup-\(Random.bytes(3).hexadecimal)"
        for controller in ["memory", "pids"] { try Files.makeFolders("\(base)/\(controller)") }
        let places = CgroupPlaces(own: [
            "memory": "\(base)/memory", "pids": "\(base)/pids", "cpu": "\(base)/none",
        ])
        let backend = try #require(CgroupV1(places))
        #expect(backend.keeps == [.memory, .pids])
        let slot = try #require(try backend.makeSlot(7, CgroupLimits(memory: 1 << 20, processes: 4, cpus: 1)))
        #expect(slot.folders.count == 2)
        let memory = try #require(slot.folders.first { $0.contains("/memory/") })
        #expect(try text("\(memory)/memory.limit_in_bytes") == "1048576")
    }

    @Test("a host where nothing can be made has no cgroups")
    func none() {
        #expect(CgroupV1(CgroupPlaces(own: ["memory": "/proc"])) == nil)
        #expect(CgroupV2(CgroupPlaces(own: ["": "/proc"])) == nil)
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Files.read(path), as: UTF8.self)
    }
}

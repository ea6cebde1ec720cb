import Linux
import Testing

@testable import Sandbox

@Suite("A program that takes all it can get")
struct BombTests {
    /// Fills its disk, then its processes, then its memory.
    private static let bomb = """
        import os, time
        try:
            with open('/tmp/full', 'wb') as file:
                while True: file.write(bytes(1 << 20))
        except OSError: pass
        try:
            while True:
                if os.fork() == 0: time.sleep(100)
        except OSError: pass
        hoard = []
        while True: hoard.append(bytearray(os.urandom(1 << 10) * 1024))
        """

    @Test(
        "a full disk, a fork bomb and a memory bomb in one step leave every other step as it is",
        .enabled(if: ["memory", "processes", "disk"].allSatisfy(Fixture.keeps))
    )
    func others() async throws {
        async let bombs = withThrowingTaskGroup(of: Ending.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    try await Fixture.python(Self.bomb, timeout: .seconds(30)) { command in
                        command.limits.isolation = .strict
                        command.limits.memory = 64 << 20
                        command.limits.processes = 16
                        command.limits.disk = 8 << 20
                    }
                }
            }
            return try await group.reduce(into: [Ending]()) { $0.append($1) }
        }
        let succeeded = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let isolation: Isolation = number % 2 == 0 ? .standard : .strict
                    let script = "head -c 100000 /dev/zero > f && wc -c < f"
                    let ending = try await Fixture.shell(script) { $0.limits.isolation = isolation }
                    return ending.outcome == .exited(0) && ending.text == "100000\n"
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(succeeded == 100)
        let isWhole = Fixture.mechanism("memory")?.hasPrefix("cgroup") == true
        for ending in try await bombs {
            #expect(ending.outcome == (isWhole ? .outOfMemory : .exited(1)), "\(ending.outcome)")
            #expect(ending.receipt.stragglers > 0)
        }
    }
}

import JSON
import Linux
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("A step that kills its worker")
    struct PoisonTests {
        private static func poison(_ folder: String) -> String {
            """
            name: poison
            steps:
              - id: kills
                run: |
                  touch \(folder)/drunk-$PAWL_FENCING_TOKEN
                  exec sleep 600
            """
        }

        private static let innocent = """
            name: innocent
            steps:
              - id: each
                foreach: { items: "${ [1..60] }" }
                run: sleep 0.2
            """

        /// Kills the worker whenever the step has begun again, until its run has ended.
        private static func kill(_ installation: Installation, of run: String, _ folder: String) throws {
            var seen: Set<String> = []
            let pause = Waker()
            let deadline = MonotonicTime.now + .seconds(180)
            while MonotonicTime.now < deadline {
                let new = Set(try Files.names(in: folder)).subtracting(seen)
                if !new.isEmpty {
                    seen.formUnion(new)
                    installation.killWorker()
                    try installation.startWorker()
                }
                if try installation.api.get("/v1/runs/\(run)")["status"] == "failed" { return }
                pause.wait(until: .now + .milliseconds(20))
            }
            throw NeverHappened(description: "the poison has not failed after \(seen.count) deaths")
        }

        @Test("it is run by itself, fails when it was lost so often alone, and takes no other step with it")
        func poisoned() async throws {
            let installation = try await Installation.start(lease: "3s")
            defer { installation.remove() }
            try await onOwnThread {
                let api = installation.api
                let folder = "\(try TestServers.folder())/poison"
                try Files.makeFolder(folder)
                let innocent = try api.apply(Self.innocent)
                let others = try (0..<3).map { _ in try api.start(innocent) }
                try api.waitForEvent(others[0], "attempt.succeeded")
                let run = try api.start(try api.apply(Self.poison(folder)))
                try Self.kill(installation, of: run, folder)

                let ended = try api.end(of: run)
                #expect(ended["error"]?["type"] == "WorkerLost", "\(ended)")
                let losses = try api.history(run).filter { $0["type"] == "attempt.lost" }
                #expect(losses.count { $0["data"]?["shared"] != true } == 5, "\(losses)")
                #expect(losses.first?["data"]?["shared"] == true, "\(losses)")
                for other in others { #expect(try api.end(of: other)["status"] == "succeeded") }
                try Self.checkSolitude(api, run, others)
            }
        }

        /// After its first loss no other step had an attempt in the same worker at the same time.
        private static func checkSolitude(_ api: PawlAPI, _ run: String, _ others: [String]) throws {
            func attempts(_ run: String) throws -> [JSONValue] {
                try api.steps(run).flatMap { $0["attempts"]?.arrayValue ?? [] }
            }
            let beside = try others.flatMap(attempts)
            for death in try attempts(run).dropFirst() {
                let company = beside.filter { other in
                    other["worker"] == death["worker"]
                        && (other["ended_at"]?.stringValue ?? "~") > death["started_at"]?.stringValue ?? ""
                        && (other["started_at"]?.stringValue ?? "") < death["ended_at"]?.stringValue ?? ""
                }
                #expect(company.isEmpty, "\(death) had \(company.count) others beside it")
            }
        }
    }
}

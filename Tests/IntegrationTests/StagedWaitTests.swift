import JSON
import Linux
import TestSupport
import Testing

/// Beside those of ``APIQueueTests``.
@Suite("Staged waits: pawl run why names the true cause")
struct StagedWaitTests {
    /// Waits until the first finding is of a rule, and gives its sentence with the action.
    @discardableResult
    private static func why(_ api: PawlAPI, _ run: String, _ rule: String) throws -> String {
        var said: APIAnswer?
        try eventually(
            "\(run) waits by rule \(rule); it says \(said?.text ?? "")",
            within: PawlProcess.patience
        ) {
            said = try api.get("/v1/runs/\(run)/diagnosis")
            return said?["findings"][0]?["rule"]?.stringValue == rule
        }
        let why = try PawlProcess.run(["run", "why", run, "--server", api.address])
        #expect(why.exit == 0, "\(why.errors)")
        return why.output.replacing("\n", with: " ")
    }

    private static func step(_ name: String, _ keys: String) -> String {
        "name: \(name)\nsteps:\n  - { id: only, \(keys) }\n"
    }

    @Test("a signal, an answer, a later start, a slot of the run's own")
    func outside() async throws {
        try await APIFixture.serve { api in
            let signalled = try api.start(try api.apply(Self.step("why-signal", "wait: { signal: go }")))
            let signal = try Self.why(api, signalled, "signal")
            #expect(signal.contains("Step “only” waits for the signal “go”."), "\(signal)")
            #expect(signal.contains("pawl run signal \(signalled) go"))

            let deferring = #"run: 'echo "{\"type\": \"defer\"}" >&3', timeout: 1h"#
            let deferred = try api.start(try api.apply(Self.step("why-callback", deferring)))
            let callback = try Self.why(api, deferred, "callback")
            #expect(
                callback.contains("waits for an answer under its callback token, until 20"),
                "\(callback)"
            )

            let request: JSONValue = ["workflow": .string(try api.apply(script("why-delay"))), "delay": "1h"]
            let delayed = try api.call("POST", "/v1/runs", request)["id"].stringValue ?? ""
            let start = try Self.why(api, delayed, "delayed_start")
            #expect(start.contains("The run starts later, at 20"), "\(start)")

            let single =
                "name: why-run-slot\nconcurrency: { key: shop, limit: 1 }\nsteps:\n  - { id: a, sleep: 1h }\n"
            let holder = try api.start(try api.apply(single))
            let second = try api.start("why-run-slot")
            let slot = try Self.why(api, second, "run_slot")
            #expect(
                slot.contains("The run waits for the only slot of “shop”, held by \(holder)"),
                "\(slot)"
            )
            #expect(slot.contains("pawl run why \(holder)"))
            for run in [signalled, deferred, delayed, second, holder] {
                _ = try api.call("POST", "/v1/runs/\(run)/terminate")
            }
        }
    }

    @Test("a full queue, a paused one, busy workers, a plugin and a limit that workers lack, a dead worker")
    func workers() async throws {
        let settings = ["PAWL_QUEUES": "default,narrow,still"]
        let installation = try await Installation.start(lease: "2s", slots: 2, settings: settings)
        try await onOwnThread {
            defer { installation.remove() }
            let api = installation.api
            _ = try api.call("PUT", "/v1/queues/narrow", ["concurrency": 1])
            let narrow = try api.apply(Self.step("why-narrow", "run: sleep 60, queue: narrow"))
            let first = try api.start(narrow)
            try api.waitForStep(first, "only", "running")
            let full = try Self.why(api, try api.start(narrow), "queue_full")
            #expect(full.contains("is queued: queue “narrow” runs as much as its own"), "\(full)")

            _ = try api.call("POST", "/v1/queues/still/pause")
            let still = try api.start(try api.apply(Self.step("why-still", "run: echo, queue: still")))
            let paused = try Self.why(api, still, "queue_paused")
            #expect(paused.contains("pawl queue resume still"), "\(paused)")

            let long = try api.apply(Self.step("why-long", "run: sleep 60"))
            let running = try api.start(long)
            let busyRun = try Self.why(api, running, "running")
            #expect(busyRun.contains("Step “only” is running."), "\(busyRun)")
            let waiting = try api.start(long)
            let busy = try Self.why(api, waiting, "workers_busy")
            #expect(busy.contains("until a worker of queue “default” has room"), "\(busy)")
            #expect(busy.contains("slots: 2"), "\(busy)")

            try Self.lacking(api, installation)

            installation.killWorker()
            let gone = try Self.why(api, running, "worker_gone")
            #expect(gone.contains("worker of step “only” is gone"), "\(gone)")
            let nobody = try Self.why(api, waiting, "no_worker")
            #expect(nobody.contains("no live worker serves queue “default”"), "\(nobody)")
        }
    }

    /// A plugin that only a worker of another queue has, and a limit that the workers of a queue cannot keep.
    private static func lacking(_ api: PawlAPI, _ installation: Installation) throws {
        let able = try installation.anotherWorker([
            "PAWL_QUEUES": "able", "PAWL_PLUGIN_PATH": APIFixture.pluginPath,
        ])
        defer { able.kill() }
        let astray = try api.start(try api.apply(step("why-astray", "uses: staged/wrong")))
        let lacks = try why(api, astray, "no_plugin")
        #expect(
            lacks.contains("no live worker of queue “default” has the plugin's action staged/wrong"),
            "\(lacks)"
        )

        guard ThisProcess.isRoot else { return }
        // Without control groups nothing can keep `cpus`.
        let hide = "mount -t tmpfs none /sys/fs/cgroup && exec \"$@\""
        let weak = try installation.anotherWorker(
            ["PAWL_QUEUES": "weak"],
            wrapper: ["unshare", "--mount", "sh", "-c", hide, "sh"]
        )
        defer { weak.kill() }
        let strict = "run: echo, queue: weak, limits: { cpus: 1 }, require: [cpus]"
        let required = try api.start(try api.apply(step("why-required", strict)))
        let lacksLimit = try why(api, required, "unenforceable")
        #expect(lacksLimit.contains("requires that `cpus` is enforced"), "\(lacksLimit)")
        #expect(lacksLimit.contains("pawl doctor"))
    }
}

import HTTP
import Linux
import Scheduler

/// `/metrics`: what this process has done, and what the database holds now.
struct MetricsResource: Sendable {
    let api: API

    /// Queues beyond this many are left out, so that labels stay bounded; the deepest come first.
    static let queuesLimit = 100

    var routes: [Route] {
        [Route("GET", "/metrics", .stored { _, reader, _ in metrics(reader) })]
    }

    /// With the database away it still tells of the process.
    private func metrics(_ reader: Reader) -> HTTPResponse {
        var text = PrometheusText()
        let load: EngineLoad?
        do throws(StoreError) {
            load = try reader.operations.load()
        } catch {
            load = nil
        }
        text.single("pawl_postgres_up", .gauge, "1 while the database answers.", load == nil ? 0 : 1)
        text.single("pawl_redis_up", .gauge, "1 while Redis is connected.", api.redisProblem() == nil ? 1 : 0)
        if let load { add(load, to: &text) }
        addEnds(to: &text)
        addCounters(to: &text)
        addDurations(to: &text)
        addProcess(to: &text)
        return .text(text.text, type: "text/plain; version=0.0.4; charset=utf-8")
    }

    private func add(_ load: EngineLoad, to text: inout PrometheusText) {
        text.family("pawl_runs", .gauge, "Live runs by status.")
        for (status, count) in load.runs.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            text.sample("pawl_runs", [("status", status.rawValue)], Double(count))
        }
        text.family("pawl_steps", .gauge, "Steps that are queued, running or waiting, by status.")
        for (status, count) in load.tasks.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            text.sample("pawl_steps", [("status", status.rawValue)], Double(count))
        }
        let queues = load.queues.sorted { $0.ready > $1.ready }.prefix(Self.queuesLimit)
        text.family("pawl_queue_ready_steps", .gauge, "Steps in a queue that any worker may claim.")
        for queue in queues {
            text.sample("pawl_queue_ready_steps", [("queue", queue.name)], Double(queue.ready))
        }
        text.family("pawl_queue_oldest_age_seconds", .gauge, "How long the oldest step of a queue is ready.")
        for queue in queues {
            let age = queue.oldestReadyAt.map { load.now - $0 } ?? .zero
            text.sample(
                "pawl_queue_oldest_age_seconds",
                [("queue", queue.name)],
                max(0, Double(age.wholeNanoseconds) / 1e9)
            )
        }
        text.single("pawl_workers", .gauge, "Workers with a lease.", Double(load.workers))
    }

    private func addEnds(to text: inout PrometheusText) {
        let measures = api.engine.measures
        text.family("pawl_run_ends_total", .counter, "Runs that this process has brought to an end.")
        for status in RunStatus.allCases where status.isTerminal {
            text.sample(
                "pawl_run_ends_total",
                [("status", status.rawValue)],
                Double(measures.runEnds[status] ?? 0)
            )
        }
        text.family("pawl_attempt_ends_total", .counter, "Attempts whose end this process has committed.")
        for status in AttemptStatus.allCases where status != .running {
            text.sample(
                "pawl_attempt_ends_total",
                [("status", status.rawValue)],
                Double(measures.attemptEnds[status] ?? 0)
            )
        }
        text.single(
            "pawl_sandbox_failures_total",
            .counter,
            "Attempts that failed by the host's fault.",
            Double(measures.hostFaultCount)
        )
    }

    private func addCounters(to text: inout PrometheusText) {
        for (name, value) in api.engine.counters.all {
            text.single("pawl_\(name.rawValue)_total", .counter, name.help, Double(value))
        }
    }

    private func addDurations(to text: inout PrometheusText) {
        let measures = api.engine.measures
        text.histogram("pawl_queue_wait_seconds", "From ready to started.", measures.queueWait)
        text.histogram("pawl_attempt_duration_seconds", "From start to end.", measures.attempt)
        text.histogram("pawl_run_duration_seconds", "From a run's creation to its end.", measures.run)
        text.histogram("pawl_timer_lateness_seconds", "From due to fired.", measures.timerLateness)
        text.histogram("pawl_commit_duration_seconds", "A batch's transaction.", measures.commit)
        text.histogram("pawl_claim_duration_seconds", "A transaction that claims.", measures.claim)
    }

    private func addProcess(to text: inout PrometheusText) {
        text.single(
            "pawl_undecided_events",
            .gauge,
            "Events that wait for a decision.",
            Double(api.engine.backlog)
        )
        text.single(
            "pawl_waiting_requests",
            .gauge,
            "Requests that wait for a thread with a connection.",
            Double(api.readers.waiting)
        )
        if let worker = api.engine.worker {
            text.single(
                "pawl_slots_used",
                .gauge,
                "Steps that this worker runs.",
                Double(worker.runningCount)
            )
            text.single(
                "pawl_slots",
                .gauge,
                "Steps that this worker may run at once.",
                Double(worker.configuration.slots)
            )
        }
        text.single(
            "process_cpu_seconds_total",
            .counter,
            "User and system time of this process.",
            Double(ThisProcess.processorTime.wholeNanoseconds) / 1e9
        )
        text.family("pawl_build_info", .gauge, "The release that runs.")
        text.sample("pawl_build_info", [("version", Release.version)], 1)
    }
}

extension Counters.Name {
    var help: String {
        switch self {
        case .batches: "Transactions of the writers."
        case .transitions: "Changes of runs that were committed."
        case .overtaken: "Decisions made again because another server was faster."
        case .staleResults: "Late results of steps that were no longer held, rejected."
        case .claims: "Steps claimed by this worker."
        case .successors: "Of those, claimed together with the end of the step before."
        case .attempts: "Attempts started by this worker."
        case .retries: "Steps that will be tried again."
        case .unknownCommits: "Transactions whose answer was lost."
        case .storeFailures: "Failures of the database as the writers saw them."
        case .rescues: "Steps taken back from dead workers."
        case .timersFired: "Timers fired by this server."
        case .refused: "Transitions that the database refused."
        }
    }
}

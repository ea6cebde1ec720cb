import Linux
import Scheduler

extension SimulatedServer {
    /// What a worker goes by that claims at hints and polls, and learns of its attempts by heartbeats.
    struct Attention {
        static let slots = 4
        static let heartbeat = Duration.milliseconds(3_333)

        var pace = PollPace()
        var nextPoll: Timestamp?
        var nextHeartbeat: Timestamp?
        /// Claims whose answer is on its way.
        var arriving: [ClaimedTask] = []
        /// Attempts that were told to stop, by their tokens.
        var stopping: Set<Int64> = []
        var strangers = StrangerWatch()
    }

    /// Compares what runs here with what is listed for this worker, and returns what is lost.
    mutating func reconcile(_ listed: Set<Int64>, cancelled: Set<Int64>, at now: Timestamp) -> Set<Int64> {
        held.removeAll { !listed.contains($0.token) }
        attention.stopping = cancelled
        attention.nextHeartbeat = now + Attention.heartbeat
        return attention.strangers.lost(
            among: listed.subtracting(held.map(\.token)),
            at: MonotonicTime(nanoseconds: now.microseconds * 1_000),
            after: Attention.heartbeat
        )
    }
}

/// Schedules in which workers claim at hints and polls alone, and stop what a hint or a heartbeat tells them.
extension Schedule {
    /// A quarter of all; no seed of an earlier violation is among them.
    var isHinted: Bool { (8...11).contains(seed % 16) }

    /// Redis comes or goes, a hint that nobody sent comes, answers arrive, a heartbeat is due.
    mutating func attend(to place: Int) {
        if chance(12) { redis.isUp.toggle() }
        if chance(8) { redis.publish(inventedHint, to: servers.indices, &random) }
        if chance(2) { arrive(on: place) }
        beat(on: place)
    }

    private var inventedHint: Hint {
        mutating get {
            let run = store.store.runs.keys.sorted().randomElement(using: &random)
            guard let run, chance(2) else { return .work(queue: "default") }
            return .cancel(run)
        }
    }

    /// A server takes its own news at once, and the others hear of it by hints.
    mutating func spreadHints(of place: Int) {
        let others = servers.indices.filter { $0 != place }
        for hint in servers[place].hints {
            redis.publish(hint, to: others, &random)
            switch hint {
            case .work: servers[place].attention.nextPoll = nil
            case .cancel: readBack(on: place)
            case .ended: break
            }
        }
        servers[place].hints = []
    }

    /// Hears any hint that has come, and polls when it is time.
    mutating func dispatch(on place: Int) {
        switch redis.next(for: place, &random) {
        case .work: claim(on: place)
        case .cancel: readBack(on: place)
        case .ended, nil: break
        }
        if isDue(servers[place].attention.nextPoll) { claim(on: place) }
    }

    mutating func arrive(on place: Int) {
        servers[place].held += servers[place].attention.arriving
        servers[place].attention.arriving = []
    }

    mutating func beat(on place: Int) {
        if isDue(servers[place].attention.nextHeartbeat) { readBack(on: place) }
    }

    private func isDue(_ time: Timestamp?) -> Bool { time.map { $0 <= store.store.now } ?? true }

    private mutating func claim(on place: Int) {
        let busy = servers[place].held.count + servers[place].attention.arriving.count
        guard busy < SimulatedServer.Attention.slots else { return }
        let claimed = servers[place].claim(SimulatedServer.Attention.slots - busy, from: store)
        servers[place].attention.arriving += claimed
        servers[place].attention.pace.note(foundWork: !claimed.isEmpty)
        let interval = servers[place].attention.pace.interval(hasHints: redis.isUp)
        servers[place].attention.nextPoll = store.store.now + interval
    }

    /// What is listed for the worker and runs nowhere is lost, but only once its claim's answer cannot come.
    private mutating func readBack(on place: Int) {
        let now = store.store.now
        let own = claimed.filter { $0.task.worker == servers[place].worker }
        let cancelled = Set(own.lazy.filter(\.task.isCancelled).map(\.token))
        let lost = servers[place].reconcile(Set(own.map(\.token)), cancelled: cancelled, at: now)
        for (run, step, token, task) in own where lost.contains(token) {
            if let start = task.startedAt, start + SimulatedServer.Attention.heartbeat > now {
                store.witness.report("\(task.row.path) is given up while its claim may be on its way")
            }
            let event = RunEvent.attemptLost(step: step, token: token, worker: "w")
            servers[place].inbox.append(SimulatedServer.Item(run: run, event: event))
        }
    }
}

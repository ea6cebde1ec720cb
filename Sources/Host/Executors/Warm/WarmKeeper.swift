import Linux
import Sandbox
import Scheduler

/// All warm processes of a worker, and the thread that watches their time.
final class WarmKeeper: Sendable {
    private struct Entry: Sendable {
        let fleet: WarmFleet
        var lastUsed: MonotonicTime
    }

    private let fleets = Locked<[WarmKey: Entry]>([:])
    private let alarm = Alarm()
    private let lastID = Locked(WarmFrame.helloID)
    private let sandbox: Sandbox
    private let desk: Desk
    private let sweeper = Desk("warm-sweeper")
    private let archive: Archive
    private let log: @Sendable (String, LogLine) -> Void

    /// How many keys have processes at once; beyond that the one not used for longest ends its own.
    private static let mostFleets = 16
    /// How long a fleet without processes is remembered.
    private static let memory = Duration.seconds(60)

    /// `log` hears what processes say outside of any request, with the plugin's name.
    init(
        sandbox: Sandbox,
        desk: Desk,
        archive: Archive,
        log: @escaping @Sendable (String, LogLine) -> Void
    ) {
        self.sandbox = sandbox
        self.desk = desk
        self.archive = archive
        self.log = log
        DedicatedThread("warm") { [alarm, weak self] in
            while alarm.wait() { self?.tick() }
        }
    }

    deinit { alarm.close() }

    /// Gives an attempt to a process, now or when there is one.
    func start(_ plan: AttemptPlan, _ step: RunningStep) {
        let request = WarmRequest(id: takeID(), step: step, plan: plan)
        let fleet = fleet(for: plan)
        step.attach(WarmHandle(request: request, fleet: fleet), plan)
        fleet.submit(request)
    }

    /// Ends every process, when it has answered what it has.
    func close() {
        for entry in fleets.withLock({ Array($0.values) }) { entry.fleet.close() }
    }

    private func takeID() -> Int {
        lastID.withLock { last in
            last += 1
            return last
        }
    }

    private func fleet(for plan: AttemptPlan) -> WarmFleet {
        let key = WarmKey(plan)
        let now = MonotonicTime.now
        let (fleet, surplus) = fleets.withLock { fleets -> (WarmFleet, WarmFleet?) in
            if let known = fleets[key]?.fleet {
                fleets[key]?.lastUsed = now
                return (known, nil)
            }
            let surplus =
                fleets.count < Self.mostFleets ? nil : fleets.min { $0.value.lastUsed < $1.value.lastUsed }
            let fleet = WarmFleet(plan, surroundings(plan.plugin))
            fleets[key] = Entry(fleet: fleet, lastUsed: now)
            return (fleet, surplus?.value.fleet)
        }
        surplus?.close()
        return fleet
    }

    private func surroundings(_ plugin: String) -> WarmFleet.Surroundings {
        WarmFleet.Surroundings(
            sandbox: sandbox,
            desk: desk,
            sweeper: sweeper,
            archive: archive,
            log: { [log] line in log(plugin, line) },
            remind: { [alarm] in alarm.set($0) },
            takeID: { [weak self] in self?.takeID() ?? 0 }
        )
    }

    private func tick() {
        let now = MonotonicTime.now
        let current = fleets.withLock { fleets in
            fleets = fleets.filter { now - $0.value.lastUsed < Self.memory || !$0.value.fleet.isEmpty }
            return fleets.values.map(\.fleet)
        }
        for fleet in current { fleet.tick() }
    }
}

/// What a warm attempt is reached by.
private struct WarmHandle: ProgramHandle {
    let request: WarmRequest
    let fleet: WarmFleet

    /// The grace of the step counts, which the fleet knows.
    func cancel(grace: Duration) {
        request.isUnwanted = true
        fleet.cancel(request.id)
    }

    func kill() {
        request.isUnwanted = true
        fleet.kill(request.id)
    }

    func heartbeat() { fleet.heartbeat(request.id) }
    func extend(to deadline: MonotonicTime) { fleet.extend(request.id, to: deadline) }

    func freeze() {
        request.standsStill(true)
        fleet.freeze(request.id)
    }

    func thaw() {
        request.standsStill(false)
        fleet.thaw(request.id)
    }
}

/// The next time at which somebody has something to do.
private final class Alarm: Sendable {
    private let next = Locked(MonotonicTime.distantFuture)
    private let bell = Mailbox<Bool>()

    func set(_ time: MonotonicTime) {
        let isSooner = next.withLock { next in
            defer { next = min(next, time) }
            return time < next
        }
        if isSooner { bell.nudge() }
    }

    /// Waits for the time; false once it is closed.
    func wait() -> Bool {
        while true {
            let time = next.withLock { $0 }
            if time <= .now {
                next.withLock { $0 = .distantFuture }
                return true
            }
            guard bell.take(1, until: time) != nil else { return false }
        }
    }

    func close() { bell.close() }
}

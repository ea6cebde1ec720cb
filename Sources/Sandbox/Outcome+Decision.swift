import Linux

extension Outcome {
    /// What we know of a command's end besides its supervisor's report.
    struct Facts {
        var cause: Cause?
        var overflowed = false
        var outOfMemory = false
        var cpuTime: Duration?
    }

    /// The one reading of a reported end; our own verdicts come before the program's status.
    init(_ end: StepEnd, _ facts: Facts) {
        if facts.overflowed {
            self = .outputLimit
        } else if facts.outOfMemory && facts.cause == nil {
            self = .outOfMemory
        } else {
            switch end.verdict {
            case .timeout: self = .timeout(forced: end.forced)
            case .terminated where facts.cause == .heartbeat: self = .heartbeatTimeout
            case .terminated, .killed: self = .cancelled(forced: end.forced)
            case .none: self = Self.own(end, facts.cpuTime)
            }
        }
    }

    /// The reading of an end of which the supervisor could not report.
    init(lost cause: Cause?, outOfMemory: Bool) {
        self =
            switch cause {
            case .output: .outputLimit
            case .heartbeat: .heartbeatTimeout
            case .cancelled: .cancelled(forced: true)
            case .watchdog: .timeout(forced: true)
            case nil: outOfMemory ? .outOfMemory : .launcherFailed(stage: "supervisor", errno: 0)
            }
    }

    /// The program's own end: SIGXCPU at the soft limit, SIGKILL a second later, are the kernel's CPU limit.
    private static func own(_ end: StepEnd, _ cpuTime: Duration?) -> Outcome {
        switch end.status {
        case .exited(let status): return .exited(status)
        case .signalled(let signal):
            guard let cpuTime else { return .signalled(signal) }
            let (xcpu, kill): (Int32, Int32) = (24, 9)
            let spent = end.user + end.system >= cpuTime
            return signal == xcpu || signal == kill && spent ? .cpuLimit : .signalled(signal)
        }
    }
}

extension Receipt {
    mutating func add(_ end: StepEnd, submitted: MonotonicTime) {
        spawn = end.started - submitted
        frozen = end.frozen
        run = end.exited - end.started - end.frozen
        drain = .now - end.exited
        user = end.user
        system = end.system
        peakMemory = end.peak
        minorFaults = end.minorFaults
        majorFaults = end.majorFaults
        stragglers = end.stragglers
    }
}

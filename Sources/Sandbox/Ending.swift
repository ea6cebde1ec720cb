import Linux

/// How a command ended.
///
/// There is exactly one, and when it is given no process of the command is alive.
public struct Ending: Sendable {
    public var outcome: Outcome
    /// How the main process ended, whatever the outcome; nil if it never ran or its supervisor was lost.
    public var status: Child.Status?
    /// What the program wrote, up to `Limits.output`.
    public var stdout: [UInt8] = []
    /// The last 64 KiB of stderr.
    public var stderrTail: [UInt8] = []
    public var receipt = Receipt()
    public var enforced: [Enforcement] = []

    init(_ outcome: Outcome) { self.outcome = outcome }
}

/// Why a command is over.
public enum Outcome: Hashable, Sendable {
    /// The program's exit status.
    case exited(Int32)
    /// A signal that was not ours.
    case signalled(Int32)
    /// The deadline passed; `forced` if the program did not heed SIGTERM within the grace.
    case timeout(forced: Bool)
    /// `Handle.cancel` or `Handle.kill`.
    case cancelled(forced: Bool)
    /// No heartbeat in time.
    case heartbeatTimeout
    /// More stdout than `Limits.output`.
    case outputLimit
    /// A process of the command was killed for want of memory, whatever its parent made of it.
    case outOfMemory
    /// More processor time than `Limits.cpuTime`.
    case cpuLimit
    /// The program cannot be executed: missing, not executable, no interpreter.
    case spawnFailed(errno: Int32)
    /// The host failed, not the program: at which stage of the launch and why.
    case launcherFailed(stage: String, errno: Int32)

    /// Whether a result on stdout may count.
    public var isSuccess: Bool { self == .exited(0) }
}

/// What a command used, and how long each part took.
public struct Receipt: Hashable, Sendable {
    /// From `Sandbox.start` until the program ran.
    public var spawn: Duration = .zero
    /// While the program ran, without the time that it was frozen.
    public var run: Duration = .zero
    /// While it was frozen.
    public var frozen: Duration = .zero
    /// From the program's exit until its tree was empty and its output read.
    public var drain: Duration = .zero
    /// Processor time of all its processes.
    public var user: Duration = .zero
    public var system: Duration = .zero
    /// The resident bytes of its largest process.
    public var peakMemory: Int64 = 0
    public var minorFaults: Int64 = 0
    public var majorFaults: Int64 = 0
    public var stdinBytes = 0
    public var stdoutBytes = 0
    public var stderrBytes = 0
    /// Processes that outlived the main one and were killed.
    public var stragglers = 0

    public var wall: Duration { spawn + run + drain }
}

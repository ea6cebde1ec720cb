import Linux

/// A program to run once, and everything it gets.
///
/// Nothing is inherited: the environment is complete as given, and the program finds no other descriptors
/// than stdin, stdout, stderr and, if asked for, the control channel at 3.
public struct Command: Sendable {
    /// The program and its arguments.
    ///
    /// A program without a slash is looked up in the `PATH` of `environment`; a relative one starts at the
    /// scratch folder. Arguments and environment together must stay below 120 KiB: data goes to stdin.
    public var arguments: [String]
    /// `NAME=value`, in order.
    public var environment: [String]
    /// The working folder, from `Sandbox.makeScratch`; removed when the command has ended.
    public var scratch: Scratch
    /// Whether the scratch folder outlives the command; then the caller removes it with `Sandbox.discard`.
    public var keepsScratch = false
    public var stdin: [UInt8] = []
    /// Files and folders that a `strict` command may read and execute besides the system's own, at most 60.
    ///
    /// Its program and what was laid beside its scratch folder are among them anyway.
    public var readablePaths: [String] = []
    /// Whether descriptor 3 is a pipe whose lines go to `Events.controlLine`.
    public var hasControlChannel = false
    /// What is written to it while it runs, instead of `stdin`; its stdout goes to `Events.stdoutLine` then.
    public var conversation: Conversation?
    public var limits = Limits()
    /// From the start of the program until SIGTERM to its group.
    public var timeout: Duration
    /// From SIGTERM until SIGKILL to every process of the tree.
    public var grace: Duration = .seconds(5)
    /// The longest silence between two calls of `Handle.heartbeat`; nil if none are expected.
    public var heartbeatTimeout: Duration?

    public init(_ arguments: [String], environment: [String] = [], in scratch: Scratch, timeout: Duration) {
        self.arguments = arguments
        self.environment = environment
        self.scratch = scratch
        self.timeout = timeout
    }
}

/// What a command may use; nil is no limit but the host's.
public struct Limits: Hashable, Sendable {
    /// Bytes of memory, of all processes together where the host has cgroups, else of each.
    public var memory: Int?
    /// Seconds of processor time, of each process, rounded up to whole ones.
    public var cpuTime: Duration?
    /// Processors, of all processes together: 0.5 is half of one.
    public var cpus: Double?
    /// Processes and threads alive at once.
    public var processes: Int?
    /// Descriptors open at once, of each process.
    public var openFiles = 1_024
    /// Bytes of each file written.
    public var fileSize: Int?
    /// Bytes in the scratch folder, and as many in /tmp; kept in `strict` isolation only, where it is 64 MiB
    /// if nil.
    public var disk: Int?
    /// Bytes of stdout.
    public var output = 4 << 20
    public var isolation = Isolation.standard
    public var network = Network.host

    public init() {}
}

/// How far a program is kept from the host.
public enum Isolation: String, Hashable, Sendable {
    /// For trusted programs: files as the host has them, processes in a world of their own.
    case standard
    /// For untrusted programs: besides, a read-only root, private folders and filtered system calls.
    case strict
}

/// Whether a program reaches the network.
public enum Network: String, Hashable, Sendable {
    case host, none
}

/// What is called while a command runs, on the sandbox's own thread: it must not block.
public struct Events: Sendable {
    /// A line of stdout without its end, of a command with a conversation.
    public var stdoutLine: (@Sendable ([UInt8]) -> Void)?
    /// A line of stderr without its end, at most 64 KiB; the rest of a longer line is dropped.
    public var stderrLine: (@Sendable ([UInt8]) -> Void)?
    /// A line of the control channel without its end; one longer than 64 KiB is cut after one byte more.
    public var controlLine: (@Sendable ([UInt8]) -> Void)?

    public init(
        stdoutLine: (@Sendable ([UInt8]) -> Void)? = nil,
        stderrLine: (@Sendable ([UInt8]) -> Void)? = nil,
        controlLine: (@Sendable ([UInt8]) -> Void)? = nil
    ) {
        self.stdoutLine = stdoutLine
        self.stderrLine = stderrLine
        self.controlLine = controlLine
    }
}

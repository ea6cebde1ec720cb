import Linux

/// A program that tries to break one limit.
struct Canary: Sendable {
    let limit: String
    let script: String
    var timeout = Duration.seconds(10)
    let adjust: @Sendable (inout Limits) -> Void
    /// Whether the limit held, by how the program ended.
    let held: @Sendable (Ending) -> Bool

    private init(
        _ limit: String,
        _ script: String,
        timeout: Duration = .seconds(10),
        _ adjust: @escaping @Sendable (inout Limits) -> Void = { _ in },
        held: @escaping @Sendable (Ending) -> Bool
    ) {
        self.limit = limit
        self.script = script
        self.timeout = timeout
        self.adjust = adjust
        self.held = held
    }

    static let all = [
        Canary("timeout", "trap '' TERM; while :; do :; done", timeout: .milliseconds(50)) {
            // On a busy host SIGTERM may come before the trap is set.
            if case .timeout = $0.outcome { true } else { false }
        },
        Canary("kill_tree", "setsid sleep 1000 </dev/null >/dev/null 2>&1 & exit 0") {
            $0.outcome == .exited(0) && $0.receipt.stragglers == 1
        },
        Canary("output", "yes", { $0.output = 1_000 }) {
            $0.outcome == .outputLimit && $0.stdout.count == 1_000
        },
        Canary(
            "open_files",
            "for n in 3 4 5 6 7; do eval \"exec $n</dev/null\"; done; : </dev/null",
            { $0.openFiles = 8 },
            held: { $0.outcome != .exited(0) }
        ),
        Canary(
            "memory",
            "head -c 100000000 /dev/zero | tail -c 90000000 >/dev/null",
            { $0.memory = 32 << 20 },
            held: { $0.outcome != .exited(0) }
        ),
        Canary(
            "processes",
            "i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done",
            { $0.processes = 16 },
            held: { $0.outcome != .exited(0) }
        ),
        Canary(
            "cpus",
            "trap 'exit 0' TERM; while :; do :; done",
            timeout: .milliseconds(400),
            { $0.cpus = 0.2 },
            held: { $0.receipt.user + $0.receipt.system < .milliseconds(240) }
        ),
        // A second of processor time may take many on a busy host.
        Canary(
            "cpu_time",
            "while :; do :; done",
            timeout: .seconds(60),
            { $0.cpuTime = .seconds(1) },
            held: { $0.outcome == .cpuLimit }
        ),
        Canary("file_size", "exec head -c 100000 /dev/zero >f", { $0.fileSize = 1_000 }) {
            $0.outcome == .signalled(25)
        },
        Canary(
            "disk",
            "head -c 10000000 /dev/zero >f || exit 7",
            {
                $0.isolation = .strict
                $0.disk = 1 << 20
            },
            held: { $0.outcome == .exited(7) }
        ),
        Canary(
            "isolation",
            "[ ! -e /root ] && [ ! -e /home ] && ! (: >/usr/x) && grep -q 'Seccomp:.2' /proc/self/status",
            { $0.isolation = .strict },
            held: { $0.outcome == .exited(0) }
        ),
        Canary("network", "wc -l </proc/net/dev", { $0.network = .none }) {
            $0.stdout.prefix(2) == [UInt8(ascii: "3"), UInt8(ascii: "\n")]
        },
    ]

    func command(in scratch: Scratch) -> Command {
        var command = Command(["/bin/sh", "-c", script], in: scratch, timeout: timeout)
        command.environment = ["PATH=/usr/bin:/bin"]
        command.grace = .milliseconds(100)
        adjust(&command.limits)
        return command
    }
}

extension Sandbox {
    /// Every limit, and what keeps it on this host; `verified` as far as `verify` has run.
    public var capabilities: [Enforcement] {
        var everything = Limits()
        everything.memory = 1
        everything.cpuTime = .seconds(1)
        everything.cpus = 1
        everything.processes = 1
        everything.fileSize = 1
        everything.disk = 1
        everything.network = .none
        everything.isolation = .strict
        return host.enforced(everything)
    }

    /// What would keep each limit of a command with these limits.
    public func enforcement(of limits: Limits) -> [Enforcement] { host.enforced(limits) }

    /// Lets canaries try to break each limit, which takes about a second, and gives the capabilities then.
    public func verify() async -> [Enforcement] {
        await withTaskGroup { group in
            for canary in Canary.all { group.addTask { await self.send(canary) } }
        }
        return capabilities
    }

    private func send(_ canary: Canary) async {
        guard let scratch = try? makeScratch() else { return }
        let ending = await run(canary.command(in: scratch))
        if canary.held(ending) { host.verified.withLock { _ = $0.insert(canary.limit) } }
    }
}

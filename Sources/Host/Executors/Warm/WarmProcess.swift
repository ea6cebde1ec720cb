import JSON
import Linux
import Sandbox
import Scheduler

/// A warm process: what it is talked to by, and the folders of its requests.
final class WarmProcess: Sendable {
    let id: Int
    let conversation: Conversation
    let scratch: Scratch
    let enforced: [Enforcement]
    private let lanes: [Lane]
    private let hold = Locked(Hold())

    /// The folders that one request after another is given.
    private struct Lane: Sendable {
        let folders: [HeldFolder]
        let untouched: [Files.Stamp?]
    }

    private struct Hold: Sendable {
        var handle: Handle?
        /// Asked for before there was a handle.
        var request: (@Sendable (Handle) -> Void)?
        var mainProcess: Int32?
        var residentBytes: Int64?
        var measured: MonotonicTime?
        var refusal: String?
        /// Frames handed to the desk, which those after them must not overtake.
        var onDesk = 0
        /// Lines of stdout that were no frames, since the last request was sent.
        var strays = 0
    }

    /// How often the memory is looked at: it costs some 30 µs.
    private static let measuringInterval = Duration.milliseconds(50)
    /// A frame is the result and a little around it.
    private static let frameRoom = 64 << 10

    /// Lays down what the process finds.
    init(id: Int, plan: AttemptPlan, rules: WarmRules, in sandbox: Sandbox) throws(LinuxError) {
        self.id = id
        let limits = ProcessLimits(plan.settings.limits)
        conversation = Conversation(longestLine: limits.output + Self.frameRoom)
        enforced = Self.enforced(limits, rules, by: sandbox)
        let scratch = try sandbox.makeScratch()
        self.scratch = scratch
        do throws(LinuxError) {
            for secret in plan.secrets { try scratch.lay("credentials/\(secret.name)", secret.value) }
            lanes = try Self.lanes(rules.concurrency, in: scratch)
        } catch {
            sandbox.discard(scratch)
            throw error
        }
    }

    private static func lanes(_ count: Int, in scratch: Scratch) throws(LinuxError) -> [Lane] {
        var lanes: [Lane] = []
        for number in 1...count {
            var folders: [HeldFolder] = []
            for name in ["scratch", "artifacts"] {
                folders.append(try HeldFolder(try scratch.makeFolder("requests/\(number)/\(name)")))
            }
            lanes.append(Lane(folders: folders, untouched: folders.map(\.stamp)))
        }
        return lanes
    }

    private static func enforced(
        _ limits: ProcessLimits,
        _ rules: WarmRules,
        by sandbox: Sandbox
    ) -> [Enforcement] {
        var list = sandbox.enforcement(of: limits)
        // The folders of requests are the host's, also in `strict`.
        for index in list.indices where list[index].limit == "disk" { list[index].mechanism = nil }
        return list
    }

    // MARK: - Life

    /// The command that starts it.
    func command(_ plan: AttemptPlan, _ rules: WarmRules) -> Command {
        var command = Command(
            plan.program.arguments,
            environment: plan.warmEnvironment(in: scratch),
            in: scratch,
            timeout: rules.startTimeout + WarmPool.guardMargin
        )
        command.keepsScratch = true
        command.conversation = conversation
        command.readablePaths = plan.program.folder.map { [$0] } ?? []
        command.limits = ProcessLimits(plan.settings.limits)
        command.grace = plan.grace
        return command
    }

    func started(_ handle: Handle) {
        let request = hold.withLock { hold in
            hold.handle = handle
            return hold.request
        }
        request?(handle)
    }

    /// Does something with the handle, once there is one.
    func act(_ request: @escaping @Sendable (Handle) -> Void) {
        let handle = hold.withLock { hold in
            if hold.handle == nil { hold.request = request }
            return hold.handle
        }
        handle.map(request)
    }

    /// Why it is not fit for use, as said when it was greeted.
    var refusal: String? {
        get { hold.withLock { $0.refusal } }
        set { hold.withLock { $0.refusal = newValue } }
    }

    // MARK: - Folders

    func folders(of lane: Int, _ plan: AttemptPlan) -> AttemptFolders {
        let folders = lanes[lane].folders
        return AttemptFolders(
            scratch: folders[0].path,
            artifacts: folders[1].path,
            credentials: plan.credentials(in: scratch)
        )
    }

    /// Whether a request has left nothing in its folders.
    func isClean(_ lane: Int) -> Bool {
        zip(lanes[lane].folders, lanes[lane].untouched).allSatisfy { $0.stamp == $1 && $1 != nil }
    }

    /// Empties the folders of a request.
    func clean(_ lane: Int) {
        for folder in lanes[lane].folders { try? folder.empty() }
    }

    /// Lays a file into the artifacts folder of a request; one that cannot be is missed by the program.
    func lay(_ name: String, _ content: [UInt8], in lane: Int) {
        try? lanes[lane].folders[1].lay(name, content)
    }

    func held(_ lane: Int) -> [HeldFolder] { lanes[lane].folders }

    // MARK: - Use

    /// The processor time that its main process has used so far.
    var processorTime: Duration? {
        let known = hold.withLock { $0.mainProcess }
        guard let process = known ?? conversation.mainProcess else { return nil }
        if known == nil { hold.withLock { $0.mainProcess = process } }
        return ProcessUsage.processorTime(of: process)
    }

    /// The resident memory as last measured.
    var residentBytes: Int64? { hold.withLock { $0.residentBytes } }

    /// Measures the memory, if that was not done just now.
    func measure(at now: MonotonicTime) -> Int64? {
        let isRecent = hold.withLock { hold in
            let isRecent = hold.measured.map { now - $0 < Self.measuringInterval } ?? false
            if !isRecent { hold.measured = now }
            return isRecent
        }
        guard !isRecent, let process = hold.withLock({ $0.mainProcess }) ?? conversation.mainProcess else {
            return nil
        }
        let bytes = ProcessUsage.residentBytes(ofTree: process)
        hold.withLock { $0.residentBytes = bytes }
        return bytes
    }

    /// How many lines were no frames since the last request was sent, this one included.
    func countStray() -> Int {
        hold.withLock { hold in
            hold.strays += 1
            return hold.strays
        }
    }

    func forgetStrays() { hold.withLock { $0.strays = 0 } }

    // MARK: - Order of frames

    /// Performs `work` at once if it is small and nothing waits before it, else on the desk.
    func inOrder(isSmall: Bool, on desk: Desk, _ work: @escaping @Sendable () -> Void) {
        let mustWait = hold.withLock { hold in
            guard !isSmall || hold.onDesk > 0 else { return false }
            hold.onDesk += 1
            return true
        }
        guard mustWait else { return work() }
        desk.perform { [self] in
            work()
            hold.withLock { $0.onDesk -= 1 }
        }
    }
}

import Glibc
import JSON
import Linux
import Postgres

/// One run through the life of a process that dies at a crash point, and that of the one after it.
final class CrashLife {
    struct Outcome: Sendable {
        var hasCrashed = false
        var violations: [String] = []
    }

    private let database: [String: String]
    private let armed: [String: String]
    private let folder: String
    private var scenario: CrashScenario
    private var process: PawlProcess
    private var outcome = Outcome()

    /// What is armed to die while it holds a step that has been claimed and has not begun.
    private static let holding = ["PAWL_CRASH_AT": "worker.before-start:1"]

    /// `isSecond`: what is armed is a process that begins after another died holding a step.
    init(_ database: [String: String], _ armed: [String: String], isSecond: Bool) throws {
        self.database = database
        self.armed = armed
        folder = try TestServers.folder()
        scenario = CrashScenario(Ledger("\(folder)/ledger"))
        process = try Self.start(database, isSecond ? Self.holding : armed, folder)
        if isSecond { try dieHolding() }
    }

    private static func start(
        _ database: [String: String],
        _ more: [String: String],
        _ folder: String
    ) throws -> PawlProcess {
        let settings = [
            "PAWL_LEASE": "1s", "PAWL_SLOTS": "4", "PAWL_LISTEN": "127.0.0.1:0",
            "PAWL_SCRATCH_DIR": "\(folder)/scratch",
        ]
        let environment = settings.merging(database) { $1 }.merging(more) { $1 }
        return try PawlProcess(["serve", "--worker"], environment: environment, directory: folder)
    }

    private func dieHolding() throws {
        let api = PawlAPI(try process.ready())
        try eventually("the process dies", within: PawlProcess.patience) {
            _ = try? scenario.advance(api)
            return !process.isRunning
        }
        process = try Self.start(database, armed, folder)
    }

    /// Drives the run to its end, whatever dies, and checks it.
    func play() throws -> Outcome {
        var address: String?
        var ended: JSONValue?
        try eventually("the run ends", within: PawlProcess.patience) {
            if !process.isRunning { try goOn(&address) }
            if address == nil { address = try? process.ready() }
            guard let address else { return false }
            if let run = try? scenario.advance(PawlAPI(address)) { ended = run }
            return ended != nil
        }
        try eventually("the schedule has ended", within: PawlProcess.patience) {
            if !process.isRunning { try goOn(&address) }
            if address == nil { address = try? process.ready() }
            guard let address else { return false }
            return (try? scenario.settle(PawlAPI(address))) != nil
        }
        if try process.stop() == .signalled(SIGKILL) { outcome.hasCrashed = true }
        try check(ended ?? .null)
        return outcome
    }

    /// Another process takes over, with nothing armed.
    private func goOn(_ address: inout String?) throws {
        let status = try process.exit()
        if status == .signalled(SIGKILL) {
            outcome.hasCrashed = true
        } else {
            outcome.violations.append("the process ended with \(status): \(process.errors.text.suffix(500))")
        }
        process = try Self.start(database, [:], folder)
        address = nil
    }

    private func check(_ run: JSONValue) throws {
        if run["status"] != "failed" || run["compensation"] != "completed" {
            outcome.violations.append("the run ended so: \(run.serialized())")
        }
        let url = try PostgresConfiguration(database["DATABASE_URL"] ?? "")
        let audit = try RunAudit(try PostgresConnection.open(url))
        outcome.violations += audit.violations
        if audit.live > 0 { outcome.violations.append("\(audit.live) runs are live") }
        let succeeded = audit.succeeded(in: scenario.run ?? "")
        let order = succeeded.filter { !$0.hasPrefix("each[") }
        if order != CrashScenario.succeeding.filter({ !$0.hasPrefix("each[") }) || succeeded.count != 11 {
            outcome.violations.append("these steps succeeded: \(succeeded)")
        }
        let executions = try scenario.ledger.executions()
        for path in CrashScenario.executed where executions["\(scenario.run ?? "")/\(path)"] == nil {
            outcome.violations.append("\(path) never ran")
        }
        let left = Survivors.of(folder, except: [])
        outcome.violations += left.map { "a process is left: \($0)" }
    }
}

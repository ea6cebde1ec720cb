import Development
import Glibc
import JSON
import Linux
import Postgres

/// Ends the real process at every crash point, starts another, and checks what became of the run.
public final class CrashSweep: Sendable {
    /// A crash: where, and at which passing.
    public struct Crash: Sendable, Hashable, CustomStringConvertible {
        public var point: String
        public var passing: Int
        public var description: String { "\(point):\(passing)" }
    }

    public struct Report: Sendable, CustomStringConvertible {
        public var points = 0
        /// What the process died of, as it was told to.
        public var reached = 0
        /// Passings that did not come about, since events had come together.
        public var missed: [String] = []
        public var violations: [String] = []
        public var duration = Duration.zero

        public var description: String {
            """
            \(points) crash points, \(reached) crashes in \(duration), \(missed.count) passings that did not \
            come; \(violations.count) violations
            """
        }
    }

    /// Points that only a process passes which begins after another died holding a step.
    private static let ofSecondLife: Set = ["rescuer.before-rescue"]
    private static let template = "crash_template"

    private let postgres: PrivatePostgres
    private let number = Locked(0)

    public init(_ postgres: PrivatePostgres) throws {
        self.postgres = postgres
        try postgres.createDatabase(Self.template)
        try migrate(Self.template)
    }

    /// The names of the places in the sources.
    public static func pointsInSources() throws -> Set<String> {
        let root = "\(TestPrograms.repository)/Sources"
        var found: Set<String> = []
        var folders = [root]
        while let folder = folders.popLast() {
            for name in try Files.names(in: folder) {
                let path = "\(folder)/\(name)"
                if Files.kind(of: path) == .folder { folders.append(path) }
                guard name.hasSuffix(".swift") else { continue }
                let text = String(decoding: try Files.read(path), as: UTF8.self)
                for match in text.matches(of: /CrashPoint\.pass\("([a-z.-]+)"\)/) {
                    found.insert(String(match.1))
                }
            }
        }
        return found
    }

    /// Counts how often an undisturbed run passes each point; every point of the sources must be among them.
    public func passings() throws -> [String: Int] {
        let first = "\(try TestServers.folder())/first"
        try migrate(try database(empty: true), ["PAWL_CRASH_LOG": first])
        try playUndisturbed(log: first, isSecond: false)
        let second = "\(try TestServers.folder())/second"
        try playUndisturbed(log: second, isSecond: true)
        let late = try Self.counts(second).filter { Self.ofSecondLife.contains($0.key) }
        return try Self.counts(first).merging(late) { $1 }
    }

    private func playUndisturbed(log: String, isSecond: Bool) throws {
        let life = try CrashLife(try url(database()), ["PAWL_CRASH_LOG": log], isSecond: isSecond)
        let found = try life.play().violations
        guard found.isEmpty else { throw NeverHappened(description: "undisturbed: \(found)") }
    }

    private static func counts(_ log: String) throws -> [String: Int] {
        String(decoding: try Files.read(log), as: UTF8.self).split(separator: "\n")
            .reduce(into: [:]) { $0[String($1), default: 0] += 1 }
    }

    /// Plays every crash, so many at once.
    public func play(_ crashes: [Crash], width: Int = 4) -> Report {
        let began = MonotonicTime.now
        let left = Locked(crashes)
        let report = Locked(Report())
        let threads = (0..<width).map { _ in
            DedicatedThread("crash") { [self] in
                while let crash = left.withLock({ $0.popLast() }) {
                    let outcome = play(crash)
                    report.withLock { report in
                        if outcome.hasCrashed { report.reached += 1 }
                        if !outcome.hasCrashed { report.missed.append("\(crash)") }
                        report.violations += outcome.violations.map { "\(crash): \($0)" }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        var played = report.withLock { $0 }
        played.points = Set(crashes.map(\.point)).count
        played.duration = MonotonicTime.now - began
        return played
    }

    private func play(_ crash: Crash) -> CrashLife.Outcome {
        do {
            let armed = ["PAWL_CRASH_AT": "\(crash)"]
            guard !crash.point.hasPrefix("migrator.") else { return try crashMigration(armed) }
            let isSecond = Self.ofSecondLife.contains(crash.point)
            return try CrashLife(try url(database()), armed, isSecond: isSecond).play()
        } catch {
            return CrashLife.Outcome(hasCrashed: false, violations: ["\(error)"])
        }
    }

    /// A migration that dies is taken up where it was.
    private func crashMigration(_ armed: [String: String]) throws -> CrashLife.Outcome {
        let name = try database(empty: true)
        let migration = try PawlProcess(["migrate"], environment: armed.merging(try url(name)) { $1 })
        let hasCrashed = try migration.exit() == .signalled(SIGKILL)
        try migrate(name)
        return CrashLife.Outcome(hasCrashed: hasCrashed, violations: [])
    }

    private func migrate(_ database: String, _ environment: [String: String] = [:]) throws {
        let result = try PawlProcess.run(
            ["migrate"],
            environment: environment.merging(try url(database)) { $1 }
        )
        guard result.exit == 0 else { throw NeverHappened(description: "migrated: \(result.errors)") }
    }

    private func url(_ database: String) throws -> [String: String] {
        ["DATABASE_URL": postgres.url(database: database)]
    }

    /// A new database, with the schema or empty.
    private func database(empty: Bool = false) throws -> String {
        let name = number.withLock { number in
            number += 1
            return "crash_\(number)"
        }
        let template = empty ? "template0" : Self.template
        let connection = try PostgresConnection.open(try postgres.configuration())
        try eventually("the template is not in use", within: PawlProcess.patience) {
            (try? connection.execute("create database \(name) template \(template)")) != nil
        }
        return name
    }
}

import JSON
import Linux

/// The C programs that say what no engine can beat on this machine.
struct Floors {
    /// Where `scripts/build-native` puts them: beside the products of the build, or beside this program.
    private let folder: String
    private let conninfo: String

    private let stepName: String

    /// `step` is the program that both sides spawn: `tiny` or `bare`.
    init(conninfo: String, step: String) throws(CommandFailure) {
        self.conninfo = conninfo
        stepName = step
        folder = try Self.locate()
    }

    /// The program that is the step of most workloads.
    var step: String { "\(folder)/\(stepName)" }
    /// The program that says when it ran.
    var probe: String { "\(folder)/probe" }

    /// All floors one after another: the members of `floor` in the figures.
    func all(inFlight: Int, count: Int) throws(CommandFailure) -> JSONObject {
        var all = JSONObject()
        for floor in [
            try spawnCommits(inFlight: inFlight, count: count),
            try spawns(inFlight: inFlight, count: count),
            try commits(inFlight: inFlight, count: count),
        ] {
            for (name, value) in floor.objectValue ?? [:]
            where name.hasSuffix("_per_s") || name.hasSuffix("_ms") {
                all[name] = value
            }
        }
        return all
    }

    /// Spawns with a durable commit each, so many in flight.
    ///
    /// Gives `spawn_commits_per_s`, `spawn_commit_p50_ms`, `spawn_commit_p99_ms`.
    func spawnCommits(inFlight: Int, count: Int) throws(CommandFailure) -> JSONValue {
        try run("spawn_commits", [step, conninfo, String(inFlight), String(count)])
    }

    func spawns(inFlight: Int, count: Int) throws(CommandFailure) -> JSONValue {
        try run("spawns", [step, String(inFlight), String(count)])
    }

    func commits(inFlight: Int, count: Int) throws(CommandFailure) -> JSONValue {
        try run("commits", [conninfo, String(inFlight), String(count)])
    }

    private func run(_ name: String, _ arguments: [String]) throws(CommandFailure) -> JSONValue {
        do {
            let program = try CapturedProcess("\(folder)/\(name)", arguments)
            return try JSONValue.parse(try program.output())
        } catch {
            throw CommandFailure(.failed, "the floor \(name) failed: \(error)")
        }
    }

    private static func locate() throws(CommandFailure) -> String {
        let program = (try? ThisProcess.executablePath()) ?? ""
        var folder = program.parentFolder
        for _ in 0..<5 {
            for candidate in ["\(folder)/floor", "\(folder)/.build/floor"]
            where Files.exists("\(candidate)/spawn_commits") {
                return candidate
            }
            folder = folder.parentFolder
        }
        throw CommandFailure(
            .failed,
            "the floors are not built",
            hint: "run scripts/build-native, or `make bench` which does it"
        )
    }
}

extension String {
    /// The path without its last component.
    var parentFolder: String {
        lastIndex(of: "/").map { String(self[..<$0]) } ?? ""
    }
}

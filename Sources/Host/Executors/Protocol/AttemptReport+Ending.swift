import JSON
import Linux
import Sandbox
import Scheduler

extension Receipt {
    /// As `pawl plugin run -o json` and the API show it; times in milliseconds.
    var json: JSONValue {
        var json: JSONObject = [
            "wall_ms": wall.milliseconds, "user_ms": user.milliseconds, "system_ms": system.milliseconds,
            "peak_memory_bytes": .integer(peakMemory), "stdout_bytes": .integer(Int64(stdoutBytes)),
            "stderr_bytes": .integer(Int64(stderrBytes)), "stdin_bytes": .integer(Int64(stdinBytes)),
            "spawn_ms": spawn.milliseconds, "run_ms": run.milliseconds, "drain_ms": drain.milliseconds,
            "minor_faults": .integer(minorFaults), "major_faults": .integer(majorFaults),
            "stragglers": .integer(Int64(stragglers)),
        ]
        if frozen > .zero { json["frozen_ms"] = frozen.milliseconds }
        return .object(json)
    }
}

extension Duration {
    /// Milliseconds with three decimals.
    var milliseconds: JSONValue { .real(Double(wholeNanoseconds / 1_000) / 1_000) }
}

extension Enforcement {
    var json: JSONValue {
        ["limit": .string(limit), "mechanism": mechanism.map { .string($0) } ?? .null]
    }
}

extension ProgramExit {
    /// `{ "code": 0 }` or `{ "signal": 9 }`.
    var json: JSONValue {
        switch self {
        case .code(let code): ["code": .integer(Int64(code))]
        case .signal(let signal): ["signal": .integer(Int64(signal))]
        }
    }
}

extension Ending {
    /// How the program itself ended; nil where it never ran or was lost.
    var exitStatus: ProgramExit? {
        switch status {
        case .exited(let code): .code(code)
        case .signalled(let signal): .signal(signal)
        case nil: nil
        }
    }
}

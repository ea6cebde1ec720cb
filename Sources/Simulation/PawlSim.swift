import Glibc
import Linux

/// `pawl-sim --seeds N --first S`: plays N simulated schedules from seed S on.
@main
struct PawlSim {
    static func main() {
        var (seeds, first) = (UInt64(2_000), UInt64(1))
        var words = CommandLine.arguments.dropFirst()
        while let option = words.popFirst() {
            guard let value = words.popFirst().flatMap(UInt64.init) else { usage() }
            switch option {
            case "--seeds": seeds = value
            case "--first": first = value
            default: usage()
            }
        }
        var failures = 0
        for number in 0..<seeds {
            guard let failure = Failure(seed: first &+ number) else { continue }
            failures += 1
            print("violation at commit \(commit): \(failure)")
        }
        // Its own processor time: what else the machine does is not the simulation's.
        let used = ProcessUsage.processorTime(of: ThisProcess.id) ?? .zero
        let rate = Int64(seeds) * 1_000 / max(1, used.wholeNanoseconds / 1_000_000)
        print(
            "pawl-sim: \(seeds) schedules from seed \(first), \(failures) violations, "
                + "\(rate) a second of a core"
        )
        exit(failures == 0 ? 0 : 1)
    }

    /// What is simulated, as whoever starts it says.
    private static var commit: String {
        ThisProcess.environment("PAWL_COMMIT") ?? "unknown (set PAWL_COMMIT)"
    }

    private static func usage() -> Never {
        print("usage: pawl-sim [--seeds N] [--first S]")
        exit(2)
    }
}

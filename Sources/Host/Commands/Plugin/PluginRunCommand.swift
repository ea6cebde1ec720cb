import Executors
import JSON
import Linux
import Scheduler

/// `pawl plugin run`: one real attempt under the worker's limits.
enum PluginRunCommand {
    static let command = Command(
        ["plugin", "run"],
        "Run an action once, as a worker does, and tell how it ended",
        operands: "PLUGIN/ACTION",
        count: 1...1,
        options: [
            Option("input", value: "FILE|-", "the input, JSON; {} without it"),
            Option("attempt", value: "N", "the number of the attempt; 1 without it"),
            Option("timeout", value: "DURATION", "instead of the manifest's"),
            Option("isolation", value: "standard|strict", "instead of the manifest's"),
            Option("limit", value: "KEY=VALUE", "a limit instead of the manifest's", repeatable: true),
            PluginCommands.secretOption, PluginCommands.pathOption,
        ],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let isJSON = try Output(invocation).format == .json
        let configuration = try PluginCommands.configuration(invocation)
        let wishes = try wishes(invocation)
        let input = try PluginCommands.input(invocation) ?? [:]
        let trial = try trial(invocation, configuration, wishes, Payload(input), isQuiet: isJSON)
        if isJSON {
            Output.json(trial.json.pretty())
        } else {
            if let output = trial.output { Output.json(output.pretty()) }
            for line in trial.summary { Output.tell(line) }
        }
        return trial.status == .failed ? .failed : .ok
    }

    private static func trial(
        _ invocation: Invocation,
        _ configuration: Configuration,
        _ wishes: Harness.Wishes,
        _ input: Payload,
        isQuiet: Bool
    ) throws -> Trial {
        let secrets = try PluginCommands.secrets(invocation, configuration)
        let reference: PluginReference
        do throws(StepError) {
            let folders = configuration.list(.pluginPath, separator: ":")
            reference = try PluginReference(invocation.operands[0], folders: folders)
        } catch {
            return Trial(refused: error)
        }
        return try PluginCommands.withHarness(configuration) { harness in
            harness.run(reference, input, secrets: secrets, wishes) { line in
                if !isQuiet { Output.tell("\(line.level.rawValue.padded(to: 7)) \(line.message)") }
            }
        }
    }

    private static func wishes(_ invocation: Invocation) throws(CommandFailure) -> Harness.Wishes {
        var wishes = Harness.Wishes()
        wishes.attempt = try invocation.integer("attempt", in: 1...1_000_000) ?? 1
        if let text = invocation.value("timeout") {
            guard let timeout = DurationText.milliseconds(text), timeout > 0 else {
                throw .usage("--timeout takes a duration such as 500ms, 30s or 5m, not “\(text)”")
            }
            wishes.timeoutMilliseconds = timeout
        }
        var limits = invocation.all("limit")
        if let isolation = invocation.value("isolation") { limits.append("isolation=\(isolation)") }
        do throws(GivenLimits.Failure) {
            wishes.limits = try GivenLimits.limits(limits)
        } catch {
            throw .usage("--limit: \(error.message)")
        }
        return wishes
    }
}

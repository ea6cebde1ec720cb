import Executors
import JSON
import Linux
import Scheduler

/// Attempts of the warm plugins of the tests.
enum WarmFixture {
    static let executor = PluginExecutor(
        sandbox: ExecutorFixture.sandbox,
        registry: PluginRegistry(folders: ["\(ExecutorFixture.root)/Tests/Fixtures/warm"]),
        secrets: ExecutorFixture.Secrets()
    )

    static func run(
        _ input: JSONValue,
        action: String = "do",
        of plugin: String = "keeper",
        by executor: PluginExecutor = executor,
        _ adjust: (inout AttemptOrder) -> Void = { _ in },
        whileRunning: @escaping @Sendable (LogLine, any RunningAttempt) -> Void = { _, _ in }
    ) async -> ExecutorFixture.Told {
        let call = AttemptOrder.Call.plugin(PluginCall(plugin: plugin, action: action))
        return await ExecutorFixture.run(
            call,
            Payload(input),
            by: executor,
            adjust,
            whileRunning: whileRunning
        )
    }
}

extension AttemptOrder {
    /// Gives the step a variable, and so processes of its own.
    mutating func setVariable(_ name: String, _ value: String) {
        environment[name] = value
        settings.env = (settings.env ?? [:]).merging([name: .string(value)]) { $1 }
    }
}

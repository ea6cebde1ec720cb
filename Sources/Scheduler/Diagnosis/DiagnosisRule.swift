/// The rules of diagnosis by name, as the API says them.
public enum DiagnosisRule: String, Sendable, CaseIterable {
    // What a live run waits for.
    case paused
    case delayedStart = "delayed_start"
    case sleeping, backoff, signal, callback, child
    case runSlot = "run_slot"
    case slot, rate
    case inLine = "in_line"
    case queuePaused = "queue_paused"
    case queueFull = "queue_full"
    case queueRate = "queue_rate"
    case noWorker = "no_worker"
    case noPlugin = "no_plugin"
    case unenforceable

    // What goes on in a live run that waits for nothing.
    case workersBusy = "workers_busy"
    case workerGone = "worker_gone"
    case stopping
    case running

    // Why a step or a run failed.
    case diskFull = "disk_full"
    case childFailed = "child_failed"
    case childTimeout = "child_timeout"
    case signalTimeout = "signal_timeout"
    case callbackTimeout = "callback_timeout"
    case runTimeout = "run_timeout"
    case groupTimeout = "group_timeout"
    case attemptTimeout = "attempt_timeout"
    case heartbeatTimeout = "heartbeat_timeout"
    case queueTimeout = "queue_timeout"
    case outOfMemory = "out_of_memory"
    case cpuLimit = "cpu_limit"
    case inputTooLarge = "input_too_large"
    case outputTooLarge = "output_too_large"
    case collectedTooLarge = "collected_too_large"
    case inputSchema = "input_schema"
    case invalidInput = "invalid_input"
    case outputSchema = "output_schema"
    case outputNotJSON = "output_not_json"
    case notExecutable = "not_executable"
    case pluginMissing = "plugin_missing"
    case secretMissing = "secret_missing"
    case workerLost = "worker_lost"
    case sandboxFailed = "sandbox_failed"
    case spawnFailed = "spawn_failed"
    case killedBySignal = "killed_by_signal"
    case exitPermanent = "exit_permanent"
    case exitTemporary = "exit_temporary"
    case exitStatus = "exit_status"
    case expressionError = "expression_error"
    case expressionBudget = "expression_budget"
    case repeatLimit = "repeat_limit"
    case turnedAway = "turned_away"
    case runTooLarge = "run_too_large"
    case endedByPerson = "ended_by_person"
    case failedOnPurpose = "failed_on_purpose"
    case pluginError = "plugin_error"

    // Why a run ended early.
    case cancelled, terminated

    // What a failure brought with it, or has about it.
    case compensationFailed = "compensation_failed"
    case retriesExhausted = "retries_exhausted"
    case failingOften = "failing_often"
    case pluginChanged = "plugin_changed"
    case notEnforced = "not_enforced"
    case unknownOutcome = "unknown_outcome"
    case clockSkew = "clock_skew"
}

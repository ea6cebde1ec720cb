import Sandbox

// Sandbox and Scheduler each have an `Outcome` and `Limits`; a class named as its module cannot qualify them.

/// How a process ended, as the sandbox says it.
typealias Termination = Outcome

/// What a process may use, as the sandbox takes it.
typealias ProcessLimits = Limits

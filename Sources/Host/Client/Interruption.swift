import Glibc
import Linux

/// What Ctrl-C says before it ends a command that only looks on.
enum Interruption {
    static func say(_ text: String) {
        let signals = StopSignals()
        signals.onSignal {
            StandardStream.error.write(text)
            exit(130)
        }
    }
}

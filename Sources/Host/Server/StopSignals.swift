import Glibc
import Linux

/// SIGTERM and SIGINT as something to wait for.
///
/// Make it before any other thread starts.
final class StopSignals: Sendable {
    private let inbox = Mailbox<Int32>()
    private let observers = Locked([@Sendable () -> Void]())

    init() {
        Signals.ignoreBrokenPipes()
        guard let signals = try? Signals.block([SIGTERM, SIGINT, SIGHUP]) else { return }
        let box = SignalBox(signals)
        DedicatedThread("pawl-signals", stackBytes: 64 << 10) { [inbox, observers] in
            while let signal = box.next() {
                for observer in observers.withLock({ $0 }) { observer() }
                inbox.send(signal)
            }
        }
    }

    /// Called at each signal, on the signals' thread.
    func onSignal(_ observer: @escaping @Sendable () -> Void) {
        observers.withLock { $0.append(observer) }
    }

    /// Waits for the first signal.
    func wait() {
        _ = inbox.take(1)
    }
}

/// Carries the signals into the thread that reads them.
private final class SignalBox: Sendable {
    private let signals: Signals

    init(_ signals: consuming Signals) {
        self.signals = signals
    }

    func next() -> Int32? { try? signals.next() }
}

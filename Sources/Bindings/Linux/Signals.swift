import CLinux
import Glibc

/// Signals taken as values instead of by handlers: signalfd(2).
///
/// Call `Signals.block` before any other thread starts, so that all inherit the mask; then one thread waits.
public struct Signals: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// Readable when a signal is there, for those who wait with epoll.
    public var number: Int32 { descriptor.number }

    /// Keeps these signals from interrupting this thread and all that it starts, and makes them readable.
    public static func block(_ signals: [Int32]) throws(LinuxError) -> Signals {
        guard pawl_block_signals(signals, signals.count) == 0 else {
            throw LinuxError(last: "pthread_sigmask")
        }
        let number = pawl_signalfd(signals, signals.count)
        guard number >= 0 else { throw LinuxError(last: "signalfd") }
        return Signals(descriptor: Descriptor(owning: number))
    }

    init(descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Blocks until one of the signals comes, and returns its number.
    public borrowing func next() throws(LinuxError) -> Int32 {
        let signal = pawl_signalfd_read(number)
        guard signal > 0 else { throw LinuxError(last: "read", "signalfd") }
        return signal
    }

    /// Lets a write to a closed pipe or socket fail with `EPIPE` instead of killing the process.
    public static func ignoreBrokenPipes() { pawl_ignore_broken_pipes() }
}

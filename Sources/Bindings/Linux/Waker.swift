import Glibc

/// Ends, from any thread, the wait of one thread that is blocked in `poll`.
///
/// A wake that comes before the wait ends the next wait at once; several wakes count as one.
public final class Waker: Sendable {
    private let reading: Int32
    private let writing: Int32

    /// Traps when the process has no descriptors left.
    public init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "pipe: \(String(cString: strerror(errno)))")
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        reading = ends[0]
        writing = ends[1]
    }

    deinit {
        close(reading)
        close(writing)
    }

    public func wake() {
        // A full pipe (EAGAIN) means that a wake is pending already.
        _ = write(writing, [1], 1)
    }

    /// What ended a wait.
    public enum Cause: Sendable, Hashable {
        case ready
        case woken
        case timedOut
    }

    /// Blocks this thread until `wake()` or the deadline; nil waits without end.
    @discardableResult
    public func wait(until deadline: ContinuousClock.Instant?) -> Cause {
        wait(for: -1, events: 0, until: deadline)
    }

    /// Blocks this thread until the descriptor is ready for `events` (`POLLIN`, `POLLOUT`), `wake()` or the
    /// deadline.
    ///
    /// A wake wins over readiness. Errors and hang-ups of the descriptor count as ready.
    package func wait(for descriptor: Int32, events: Int32, until deadline: ContinuousClock.Instant?) -> Cause
    {
        var polled = [
            pollfd(fd: reading, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(events), revents: 0),
        ]
        guard pollUntil(deadline, &polled) else { return .timedOut }
        guard polled[0].revents != 0 else { return .ready }
        drain()
        return .woken
    }

    private func drain() {
        var sink = [UInt8](repeating: 0, count: 64)
        while read(reading, &sink, sink.count) > 0 {}
    }
}

/// `poll(2)` with a deadline that survives signals; false when the deadline passed with nothing ready.
package func pollUntil(_ deadline: ContinuousClock.Instant?, _ descriptors: inout [pollfd]) -> Bool {
    while true {
        let ready = poll(&descriptors, nfds_t(descriptors.count), pollTimeout(until: deadline))
        if ready > 0 { return true }
        if ready == 0, let deadline, deadline <= .now { return false }
        precondition(ready >= 0 || errno == EINTR, "poll: \(String(cString: strerror(errno)))")
    }
}

/// Milliseconds for `poll(2)`, rounded up so that a wait never ends early; -1 without a deadline.
private func pollTimeout(until deadline: ContinuousClock.Instant?) -> Int32 {
    guard let deadline else { return -1 }
    let left = (deadline - .now).components
    guard left.seconds >= 0, left.attoseconds >= 0 else { return 0 }
    guard left.seconds < 1_000_000 else { return 1_000_000_000 }
    return Int32(left.seconds) * 1000
        + Int32((left.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
}

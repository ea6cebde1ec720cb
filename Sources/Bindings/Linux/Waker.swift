import Glibc

/// Ends, from any thread, the wait of one thread that is blocked in `poll`.
///
/// A wake that comes before the wait ends the next wait at once; several wakes count as one.
public final class Waker: Sendable {
    private let pipe: Pipe

    public init() {
        do {
            pipe = try Pipe.make()
            try pipe.readEnd.setNonblocking(true)
            try pipe.writeEnd.setNonblocking(true)
        } catch {
            preconditionFailure("cannot make a waker: \(error)")
        }
    }

    public func wake() {
        // It cannot fail: a pipe that is full has a wake pending already, and both ends are ours.
        _ = try? pipe.writeEnd.writeSome([1])
    }

    /// What ended a wait.
    public enum Cause: Sendable, Hashable {
        case ready
        case woken
        case timedOut
    }

    /// Blocks this thread until `wake()` or the deadline; nil waits without end.
    @discardableResult
    public func wait(until deadline: MonotonicTime?) -> Cause {
        wait(for: -1, events: 0, until: deadline)
    }

    /// Blocks this thread until the descriptor is ready for `events` (`POLLIN`, `POLLOUT`), `wake()` or the
    /// deadline.
    ///
    /// A wake wins over readiness. Errors and hang-ups of the descriptor count as ready.
    package func wait(for descriptor: Int32, events: Int32, until deadline: MonotonicTime?) -> Cause {
        var polled = [
            pollfd(fd: pipe.readEnd.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(events), revents: 0),
        ]
        guard pollUntil(deadline, &polled) else { return .timedOut }
        guard polled[0].revents != 0 else { return .ready }
        drain()
        return .woken
    }

    private func drain() {
        var sink = [UInt8](repeating: 0, count: 64)
        while case .bytes? = try? pipe.readEnd.read(into: &sink) {}
    }
}

/// `poll(2)` with a deadline that survives signals; false when the deadline passed with nothing ready.
package func pollUntil(_ deadline: MonotonicTime?, _ descriptors: inout [pollfd]) -> Bool {
    while true {
        let ready = poll(&descriptors, nfds_t(descriptors.count), pollTimeout(until: deadline))
        if ready > 0 { return true }
        if ready == 0, let deadline, deadline <= .now { return false }
        precondition(ready >= 0 || errno == EINTR, "poll: \(String(cString: strerror(errno)))")
    }
}

/// Milliseconds for `poll(2)`, rounded up so that a wait never ends early; -1 without a deadline.
private func pollTimeout(until deadline: MonotonicTime?) -> Int32 {
    guard let deadline else { return -1 }
    let left = (deadline - .now + .nanoseconds(999_999)).wholeMilliseconds
    return Int32(clamping: max(left, 0))
}

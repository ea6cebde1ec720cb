import Glibc

/// Where other threads leave work for one that waits: first in, first out.
public final class Mailbox<Element: Sendable>: @unchecked Sendable {
    // @unchecked: `elements`, `isClosed` and `isNudged` are only touched with `mutex` held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [Element] = []
    private var isClosed = false
    private var isNudged = false

    public init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // Waiting must not depend on the wall clock, which may jump.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(arrived, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(mutex)
        arrived.deallocate()
        mutex.deallocate()
    }

    /// Leaves an element; false when the mailbox is closed and the element was not taken.
    @discardableResult
    public func send(_ element: Element) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed else { return false }
        elements.append(element)
        if elements.count == 1 { pthread_cond_signal(arrived) }
        return true
    }

    /// Wakes the reader although there is nothing to read.
    public func nudge() {
        pthread_mutex_lock(mutex)
        isNudged = true
        pthread_cond_signal(arrived)
        pthread_mutex_unlock(mutex)
    }

    /// Refuses further elements and wakes the reader, who still gets what is there.
    public func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(arrived)
        pthread_mutex_unlock(mutex)
    }

    /// Takes up to `limit` elements, waiting for the first until `deadline`.
    ///
    /// Returns none at the deadline and after a nudge; nil once the mailbox is closed and empty.
    public func take(_ limit: Int, until deadline: MonotonicTime = .distantFuture) -> [Element]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while elements.isEmpty && !isNudged {
            if isClosed { return nil }
            if !waitForArrival(until: deadline) { break }
        }
        isNudged = false
        if elements.count <= limit {
            defer { elements.removeAll(keepingCapacity: true) }
            return elements
        }
        defer { elements.removeFirst(limit) }
        return Array(elements.prefix(limit))
    }

    /// Waits until the mailbox is closed, or the deadline; true when it is closed.
    public func waitForClose(until deadline: MonotonicTime) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isClosed {
            if !waitForArrival(until: deadline) { break }
        }
        return isClosed
    }

    /// False at the deadline.
    ///
    /// Call it with `mutex` held.
    private func waitForArrival(until deadline: MonotonicTime) -> Bool {
        guard deadline != .distantFuture else {
            pthread_cond_wait(arrived, mutex)
            return true
        }
        var time = timespec()
        time.tv_sec = Int(deadline.nanoseconds / 1_000_000_000)
        time.tv_nsec = Int(deadline.nanoseconds % 1_000_000_000)
        return pthread_cond_timedwait(arrived, mutex, &time) != ETIMEDOUT
    }

    public var count: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return elements.count
    }

    public var hasClosed: Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return isClosed
    }
}

import Glibc

/// A queue whose readers, threads of their own, sleep while it is empty.
public final class BlockingQueue<Element: Sendable>: @unchecked Sendable {
    // @unchecked: `elements` and `closed` are only touched with `mutex` held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [Element] = []
    private var closed = false

    public init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Adds an element at the end; a closed queue drops it.
    public func push(_ element: Element) {
        pthread_mutex_lock(mutex)
        if !closed { elements.append(element) }
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(changed)
    }

    /// Takes the first element, waiting for one; nil when the queue is closed and empty.
    public func pop() -> Element? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while elements.isEmpty && !closed { pthread_cond_wait(changed, mutex) }
        return elements.isEmpty ? nil : elements.removeFirst()
    }

    /// Takes no more elements; readers get what is left and then nil.
    public func close() {
        pthread_mutex_lock(mutex)
        closed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(changed)
    }
}

import CLinux
import Glibc

/// A thread of one's own, for work that blocks.
///
/// Swift's cooperative pool has one thread a core, so whatever waits in a C library waits here instead.
public final class DedicatedThread: Sendable {
    private let handle: pthread_t
    private let joined = Locked(false)

    /// Starts a thread that runs `body` and ends with it.
    ///
    /// - Parameters:
    ///   - name: What `top -H` and a debugger show; the kernel keeps 15 bytes.
    ///   - stackBytes: At least 64 KiB; what is not touched takes no memory. 512 levels of JSON take 1.1 MiB
    ///     in a build for the thread sanitizer.
    ///   - body: What the thread does.
    @discardableResult
    public init(_ name: String, stackBytes: Int = 2 << 20, _ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, max(stackBytes, 65_536))
        let start = Unmanaged.passRetained(Start(name: name, body: body)).toOpaque()
        var thread = pthread_t()
        let error = pthread_create(&thread, &attributes, { run($0) }, start)
        precondition(error == 0, "cannot start thread \(name): \(LinuxError.text(error))")
        handle = thread
    }

    deinit {
        if !joined.withLock({ $0 }) { pthread_detach(handle) }
    }

    /// Waits for the end of `body`.
    ///
    /// Only the first call waits; never call it from the thread itself.
    public func join() {
        let first = joined.withLock { joined in
            defer { joined = true }
            return !joined
        }
        if first { pthread_join(handle, nil) }
    }
}

private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
    pawl_set_thread_name(start.name)
    start.body()
    return nil
}

import CLinux
import Glibc

/// Waits for many descriptors at once: epoll(7), level-triggered.
///
/// Remove a descriptor before it is closed: a child that is just being spawned may still hold the open file,
/// and epoll would go on reporting it.
public struct Epoll: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// What a descriptor is, or should be, ready for.
    public struct Interest: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let readable = Interest(rawValue: UInt32(PAWL_READABLE))
        public static let writable = Interest(rawValue: UInt32(PAWL_WRITABLE))
        /// Always reported, never asked for.
        public static let failed = Interest(rawValue: UInt32(PAWL_FAILED))
        /// The other end is closed; always reported, never asked for.
        public static let hungUp = Interest(rawValue: UInt32(PAWL_HUNG_UP))
    }

    /// The room that one wait fills.
    public struct Events {
        fileprivate var raw = [pawl_event](repeating: pawl_event(token: 0, events: 0), count: 64)
        public init() {}

        public subscript(index: Int) -> (token: UInt64, ready: Interest) {
            (raw[index].token, Interest(rawValue: raw[index].events))
        }
    }

    public static func make() throws(LinuxError) -> Epoll {
        let number = pawl_epoll_create()
        guard number >= 0 else { throw LinuxError(last: "epoll_create1") }
        return Epoll(descriptor: Descriptor(owning: number))
    }

    init(descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Starts to watch `number`; its events carry `token`.
    public borrowing func add(_ number: Int32, _ interest: Interest, token: UInt64) throws(LinuxError) {
        guard pawl_epoll_add(descriptor.number, number, interest.rawValue, token) == 0 else {
            throw LinuxError(last: "epoll_ctl")
        }
    }

    public borrowing func modify(_ number: Int32, _ interest: Interest, token: UInt64) throws(LinuxError) {
        guard pawl_epoll_modify(descriptor.number, number, interest.rawValue, token) == 0 else {
            throw LinuxError(last: "epoll_ctl")
        }
    }

    /// Stops to watch `number`; it is no error if it was not watched.
    public borrowing func remove(_ number: Int32) { _ = pawl_epoll_remove(descriptor.number, number) }

    /// Waits for events until `deadline` at most, and returns how many there are.
    public borrowing func wait(_ events: inout Events, until deadline: MonotonicTime?) throws(LinuxError)
        -> Int
    {
        let limit = deadline.map { max(0, $0.nanoseconds - MonotonicTime.now.nanoseconds) } ?? -1
        let count = pawl_epoll_wait(descriptor.number, &events.raw, Int32(events.raw.count), limit)
        if count >= 0 { return Int(count) }
        if errno == EINTR { return 0 }
        throw LinuxError(last: "epoll_pwait2")
    }
}

/// A counter that wakes whoever waits for it: eventfd(2).
public struct EventCounter: ~Copyable, Sendable {
    private let descriptor: Descriptor

    public var number: Int32 { descriptor.number }

    public static func make() throws(LinuxError) -> EventCounter {
        let number = pawl_eventfd()
        guard number >= 0 else { throw LinuxError(last: "eventfd") }
        return EventCounter(descriptor: Descriptor(owning: number))
    }

    init(descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Makes the descriptor readable.
    public borrowing func signal() {
        var one: UInt64 = 1
        _ = Glibc.write(number, &one, 8)
    }

    /// Makes the descriptor unreadable until the next signal.
    public borrowing func reset() {
        var count: UInt64 = 0
        _ = Glibc.read(number, &count, 8)
    }
}

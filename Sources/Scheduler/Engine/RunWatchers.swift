import Linux

/// Those in this process who wait for a run to change: long polls, followers, streams.
public final class RunWatchers: Sendable {
    public enum Change: Sendable {
        /// Its history has grown; `ended` when with its last event.
        case moved(ended: Bool)
        case logged(LoggedLine)
    }
    public typealias Observer = @Sendable (Change) -> Void

    /// Keeps the watch until it is cancelled.
    public struct Watch: Sendable {
        fileprivate let run: RunID
        fileprivate let number: Int
    }

    private struct State: Sendable {
        var next = 0
        var observers: [RunID: [Int: Observer]] = [:]
    }
    private let state = Locked(State())

    public init() {}

    /// Calls `observer` at each change of a run, on the thread that changed it: it must not block.
    public func watch(_ run: RunID, _ observer: @escaping Observer) -> Watch {
        state.withLock { state in
            state.next += 1
            state.observers[run, default: [:]][state.next] = observer
            return Watch(run: run, number: state.next)
        }
    }

    public func cancel(_ watch: Watch) {
        state.withLock { state in
            state.observers[watch.run]?[watch.number] = nil
            if state.observers[watch.run]?.isEmpty ?? false { state.observers[watch.run] = nil }
        }
    }

    /// The runs that somebody in this process watches.
    public var watched: Set<RunID> { state.withLock { Set($0.observers.keys) } }

    public func changed(_ run: RunID, ended: Bool) {
        tell(run, .moved(ended: ended))
    }

    func logged(_ entry: LoggedLine) {
        tell(entry.run, .logged(entry))
    }

    private func tell(_ run: RunID, _ change: Change) {
        let observers = state.withLock { $0.observers[run].map { Array($0.values) } ?? [] }
        for observer in observers { observer(change) }
    }
}

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
        /// Nil for all runs.
        fileprivate let run: RunID?
        fileprivate let number: Int
    }

    private struct State: Sendable {
        var next = 0
        var observers: [RunID: [Int: Observer]] = [:]
        var observersOfAll: [Int: Observer] = [:]
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

    /// Calls `observer` at each change of any run; like ``watch(_:_:)`` it must not block.
    public func watchAll(_ observer: @escaping Observer) -> Watch {
        state.withLock { state in
            state.next += 1
            state.observersOfAll[state.next] = observer
            return Watch(run: nil, number: state.next)
        }
    }

    public func cancel(_ watch: Watch) {
        state.withLock { state in
            guard let run = watch.run else {
                state.observersOfAll[watch.number] = nil
                return
            }
            state.observers[run]?[watch.number] = nil
            if state.observers[run]?.isEmpty ?? false { state.observers[run] = nil }
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
        let observers = state.withLock { state in
            (state.observers[run].map { Array($0.values) } ?? []) + state.observersOfAll.values
        }
        for observer in observers { observer(change) }
    }
}

/// A wake-up message between processes, as it goes through Redis: a word, a space and a name.
package enum Hint: Hashable, Sendable {
    /// A queue has ready tasks.
    case work(queue: String)
    /// Running steps of a run are to stop, to stand still, or to go on.
    case cancel(RunID)
    /// A run has ended.
    case ended(RunID)

    static let channel = "pawl:hints"

    package var text: String {
        switch self {
        case .work(let queue): "work \(queue)"
        case .cancel(let run): "cancel \(run)"
        case .ended(let run): "ended \(run)"
        }
    }

    /// Nil for what this release does not know.
    package init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "work": self = .work(queue: parts[1])
        case "cancel":
            guard let run = RunID(parts[1]) else { return nil }
            self = .cancel(run)
        case "ended":
            guard let run = RunID(parts[1]) else { return nil }
            self = .ended(run)
        default: return nil
        }
    }
}

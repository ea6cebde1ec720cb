import JSON
import Linux

/// A fact of a run's history.
///
/// Facts are only ever added to; `replay(history) == rows`.
public struct HistoryEvent: Sendable, Hashable {
    /// `run.started`, `step.succeeded`, … : the list is ``HistoryEvent/Kind``.
    public var kind: Kind
    public var at: Timestamp
    /// The public path of the step that it is about; nil for the run itself.
    public var path: String?
    public var step: Int?
    /// The facts, by kind: evaluated input, output by reference, branch taken, rule and delay, actor.
    public var data: JSONObject

    public init(kind: Kind, at: Timestamp, path: String? = nil, step: Int? = nil, data: JSONObject = [:]) {
        self.kind = kind
        self.at = at
        self.path = path
        self.step = step
        self.data = data
    }
}

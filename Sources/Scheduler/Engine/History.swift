/// The history of a run, from which its state is rebuilt.
public enum History {
    /// The state that a run's events lead to, all of them from the first.
    public static func replay(_ events: [HistoryEvent], of definition: Definition) -> RunState {
        var state = RunState()
        for event in events { state.apply(event, of: definition) }
        return state
    }
}

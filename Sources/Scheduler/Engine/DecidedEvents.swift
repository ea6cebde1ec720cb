/// A transition that is to be written, with the events that it covers.
///
/// A reference: it is large, and goes through several hands.
final class DecidedEvents {
    let items: [Writer.Item]
    let transition: Transition
    let state: RunState?
    let results: [Int: StepResult]
    let definition: Definition
    let facts: RunFacts

    init(
        _ items: [Writer.Item],
        _ transition: Transition,
        _ state: RunState?,
        _ results: [Int: StepResult],
        _ view: RunView
    ) {
        self.items = items
        self.transition = transition
        self.state = state
        self.results = results
        definition = view.definition
        facts = view.facts
    }
}

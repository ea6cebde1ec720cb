/// A transition that is to be written, with the events that it covers.
struct DecidedEvents {
    var items: [Writer.Item]
    var transition: Transition
    var state: RunState?
    var results: [Int: StepResult]
    var definition: Definition
    var facts: RunFacts
}

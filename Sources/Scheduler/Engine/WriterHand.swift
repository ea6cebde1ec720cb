/// What a writer is deciding on: the events of so many runs, in the order in which they came.
///
/// Several events of a run go into one transition where they may, so that a wide run does not take one
/// commit for each of its steps.
struct WriterHand {
    /// The events of one run.
    struct Group {
        let run: RunID
        var items: [Writer.Item]
    }

    private(set) var groups: [Group] = []

    var items: [Writer.Item] { groups.flatMap(\.items) }

    /// Takes what fits, and returns what has to wait; of one run nothing overtakes what came before.
    mutating func take(_ items: [Writer.Item]) -> [Writer.Item] {
        var places: [RunID: Int] = [:]
        var full: Set<RunID> = []
        var waiting: [Writer.Item] = []
        for item in items {
            if let place = places[item.run] {
                if !full.contains(item.run), groups[place].accepts(item) {
                    groups[place].items.append(item)
                    continue
                }
            } else if groups.count < Writer.batchLimit {
                places[item.run] = groups.count
                groups.append(Group(run: item.run, items: [item]))
                continue
            }
            full.insert(item.run)
            waiting.append(item)
        }
        return waiting
    }

    /// What is left of a group once some of it is answered, or has to wait.
    mutating func keep(_ items: [Writer.Item], at place: Int) {
        groups[place].items = items
    }

    /// Takes one item out that is answered.
    mutating func drop(_ item: Int, at place: Int) {
        groups[place].items.remove(at: item)
    }

    mutating func clear() {
        groups.removeAll(keepingCapacity: true)
    }
}

extension WriterHand.Group {
    /// Sixty-four events a transition: beyond that a statement gains nothing.
    private static let limit = 64

    fileprivate func accepts(_ item: Writer.Item) -> Bool {
        items.count < Self.limit && item.sharesTransition && items[0].sharesTransition
    }
}

extension Writer.Item {
    fileprivate var sharesTransition: Bool { !isAlone && event.sharesTransition }
}

extension Transition {
    /// Tasks that any worker may claim once it is written.
    var readyCount: Int { tasks.reduce(0) { $1.storedStatus == .ready ? $0 + 1 : $0 } }
}

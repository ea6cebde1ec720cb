/// What the expressions at a place may read beside `$`-variables of their own.
struct Surroundings: Sendable {
    /// Names that stand for something here.
    private(set) var names: Set<String>
    /// The names that tell one instance of a `foreach` or `repeat` from another; empty outside of them.
    private(set) var instanceNames: Set<String> = []
    private(set) var runMembers: Set<String> = [
        "id", "key", "workflow", "version", "labels", "started_at", "scheduled_at", "attempt",
    ]

    static let stepMembers = ["output", "status", "error", "attempts", "artifacts"]
    /// Names that a `foreach` cannot give to its items.
    static let reserved: Set<String> = ["input", "steps", "run", "with", "output", "error", "round"]

    /// Steps, and the workflow's output.
    static let steps = Surroundings(names: ["input", "steps", "run"])
    /// Before there is any step: `defaults`, and the run's concurrency key.
    static let run = Surroundings(names: ["input", "run"])

    /// Of `always`, where the end to come is known.
    var always: Surroundings {
        var inside = self
        inside.runMembers.formUnion(["status", "error"])
        return inside
    }

    /// In an instance of `foreach`, and all that it contains.
    func instance(item: String, index: String) -> Surroundings {
        var inside = self
        inside.names.formUnion([item, index])
        inside.instanceNames.formUnion([item, index])
        return inside
    }

    /// In a round of `repeat`, and all that it contains.
    var round: Surroundings {
        var inside = self
        inside.names.formUnion(["round", "output"])
        inside.instanceNames.insert("round")
        return inside
    }

    /// Where a step has ended: in its `compensate`, `catch` and `repeat`.
    var ended: Surroundings {
        var inside = self
        inside.names.formUnion(["with", "output", "error"])
        return inside
    }
}

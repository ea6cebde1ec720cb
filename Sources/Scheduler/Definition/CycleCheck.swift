/// Finds steps that wait for one another in a circle.
struct CycleCheck {
    let draft: Draft
    let edges: [StepEdge]

    /// Reports circles until those left share no step with one that was reported.
    func check() {
        var needs = Dictionary(grouping: edges, by: \.from)
        while !draft.diagnostics.isFull, let start = prune(&needs) {
            let cycle = cycle(from: start, needs)
            report(cycle)
            for edge in cycle { needs[edge.from] = nil }
        }
    }

    /// Takes away what can run, level by level; gives a step that never can.
    private func prune(_ needs: inout [Int: [StepEdge]]) -> Int? {
        let dependents = Dictionary(grouping: needs.values.joined(), by: \.to)
        var waiting = needs.mapValues(\.count)
        var free = dependents.keys.filter { needs[$0] == nil }
        while let step = free.popLast() {
            for edge in dependents[step] ?? [] {
                waiting[edge.from, default: 0] -= 1
                if waiting[edge.from] == 0 {
                    needs[edge.from] = nil
                    free.append(edge.from)
                }
            }
        }
        return needs.keys.min()
    }

    /// Follows the needs of steps that never run until one comes again.
    private func cycle(from start: Int, _ needs: [Int: [StepEdge]]) -> [StepEdge] {
        var path: [StepEdge] = []
        var position: [Int: Int] = [:]
        var step = start
        while position[step] == nil {
            position[step] = path.count
            guard let edge = needs[step]?.first(where: { needs[$0.to] != nil }) else { return path }
            path.append(edge)
            step = edge.to
        }
        return Array(path[(position[step] ?? 0)...])
    }

    private func report(_ cycle: [StepEdge]) {
        let written = cycle.compactMap(\.place).min { $0.mark.line < $1.mark.line }
        guard let first = cycle.first, let place = written ?? draft.places[first.from] else { return }
        var ids = (cycle.map(\.from) + [first.from]).map { draft.nodes[$0].id }
        if ids.count > 20 { ids.replaceSubrange(10..<(ids.count - 10), with: ["…"]) }
        let implied = cycle.first { $0.place == nil }.map { edge in
            let (from, to) = (draft.nodes[edge.from].id, draft.nodes[edge.to].id)
            return "`\(from)` waits for `\(to)` because it is written after it; `needs` replaces that"
        }
        draft.say("steps wait in a circle: \(ids.joined(separator: " → "))", at: place, hint: implied)
    }
}

import Wording
import YAML

/// Joins the steps of a draft: order, `needs` and what expressions read become edges.
struct Linker {
    let draft: Draft
    private var edges: [StepEdge] = []

    /// Sets the needs of all nodes, and says which names do not exist and which steps wait in a circle.
    static func link(_ draft: Draft) {
        var linker = Linker(draft: draft)
        for scope in draft.scopes.indices { linker.addOrder(of: scope) }
        for read in draft.reads { linker.add(read) }
        for (node, edges) in Dictionary(grouping: linker.edges, by: \.from) {
            draft.nodes[node].needs = Set(edges.map(\.to)).sorted()
        }
        CycleCheck(draft: draft, edges: linker.edges).check()
    }

    private init(draft: Draft) {
        self.draft = draft
    }

    /// A step needs those that it names, else the one before it.
    private mutating func addOrder(of scope: Int) {
        var previous: Int?
        for node in draft.scopes[scope].nodes {
            if let needs = draft.declaredNeeds[node] {
                for need in needs { add(need, of: node, in: scope) }
            } else if let previous {
                edges.append(StepEdge(from: node, to: previous, place: nil))
            }
            previous = node
        }
    }

    private mutating func add(_ need: Draft.NamedStep, of node: Int, in scope: Int) {
        if let target = draft.steps[need.id], draft.nodes[target].scope == scope {
            edges.append(StepEdge(from: node, to: target, place: need.place))
        } else if draft.steps[need.id] != nil {
            let message = "`needs` names siblings only, and `\(need.id)` is none"
            draft.say(
                message,
                at: need.place,
                hint: "an expression that reads it makes this step wait for it"
            )
        } else {
            sayUnknown(need, in: [scope])
        }
    }

    /// Looks a step up from the reader's scope outwards; the member of that scope waits for it.
    private mutating func add(_ read: Draft.StepRead) {
        guard let target = draft.steps[read.step.id] else {
            return sayUnknown(read.step, in: views(of: read.reader).map(\.scope))
        }
        var seen: Set<Int> = []
        for view in views(of: read.reader) {
            seen.insert(view.scope)
            guard draft.nodes[target].scope == view.scope else { continue }
            guard let member = view.member, view.waits else { return }
            if member == target { return sayOwn(read, target) }
            edges.append(StepEdge(from: member, to: target, place: read.step.place))
            return
        }
        sayHidden(read, target, from: seen)
    }
}

extension Linker {
    /// A scope that a reader sees.
    private struct View {
        var scope: Int
        /// The member of the scope that the reader is, or is within; nil for the scope itself.
        var member: Int?
        /// Whether reading a step makes the member wait for it: not what undoes, nor `always`.
        var waits: Bool
    }

    /// The reader's scope and those around it, from the inside out.
    private func views(of reader: Draft.Reader) -> [View] {
        var view: View
        switch reader {
        case .node(let node): view = self.view(of: node, waits: true)
        case .scope(let scope): view = View(scope: scope, member: nil, waits: true)
        }
        var views = [view]
        while let owner = draft.scopes[view.scope].owner {
            view = self.view(of: owner, waits: view.waits)
            views.append(view)
        }
        if view.scope == draft.always { views.append(View(scope: 0, member: nil, waits: false)) }
        return views
    }

    private func view(of node: Int, waits: Bool) -> View {
        switch draft.nodes[node].role {
        case .step: View(scope: draft.nodes[node].scope, member: node, waits: waits)
        case .handler(let of): view(of: of, waits: waits)
        case .compensation(let of): view(of: of, waits: false)
        }
    }

    private func sayUnknown(_ step: Draft.NamedStep, in scopes: [Int]) {
        guard !draft.refusedIDs.contains(step.id) else { return }
        let names = scopes.lazy.flatMap { draft.scopes[$0].nodes }.map { draft.nodes[$0].id }
        draft.say(
            "there is no step `\(step.id)`",
            at: step.place,
            hint: NearestName.hint(for: step.id, among: names)
        )
    }

    private func sayOwn(_ read: Draft.StepRead, _ target: Int) {
        let id = draft.nodes[target].id
        if case .node(let reader) = read.reader, reader == target {
            let hint = "in `compensate`, `catch` and `repeat` its own output is `output`"
            draft.say("`\(id)` waits for itself: \(id) → \(id)", at: read.step.place, hint: hint)
        } else {
            let message = "this is part of `\(id)` and would wait for all of it: \(id) → \(id)"
            draft.say(message, at: read.step.place)
        }
    }

    private func sayHidden(_ read: Draft.StepRead, _ target: Int, from seen: Set<Int>) {
        let id = draft.nodes[target].id
        var scope = draft.nodes[target].scope
        while let owner = draft.scopes[scope].owner {
            let outer = view(of: owner, waits: true)
            scope = outer.scope
            guard seen.contains(scope), let group = outer.member else { continue }
            let name = draft.nodes[group].id
            let hint = "read steps.\(name).output instead"
            return draft.say(
                "`\(id)` is inside `\(name)`, out of sight here",
                at: read.step.place,
                hint: hint
            )
        }
        draft.say("`\(id)` is out of sight here: it runs in `always`", at: read.step.place)
    }
}

/// One step waits for another.
struct StepEdge {
    var from: Int
    var to: Int
    /// Where that is written; nil for the order of the steps themselves.
    var place: Draft.Place?
}

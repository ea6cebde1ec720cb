/// Finds, for every `%`, the step whose input is meant.
///
/// A `%` wants the parent of its context. The wish travels outwards (`wantedParents`) until a path has a step
/// before it; that step then records its input in the tuples it yields, under the label of the wish.
enum Ancestry {
    /// Hands the wishes of a part on to what it is part of.
    static func pass(from part: Draft, to whole: Draft) {
        whole.wantedParents += part.wantedParents
        if case .parent(let slot) = part.kind { whole.wantedParents.append(slot) }
    }

    /// Grants the wishes of the last step of a path by the steps before it; what is left is the path's wish.
    static func resolve(_ path: Draft) throws(ExpressionError) {
        guard let steps = path.steps, let last = steps.last else { return }
        var slots = last.wantedParents
        if case .parent(let slot) = last.kind { slots.append(slot) }
        for slot in slots {
            var index = steps.count - 2
            while slot.level > 0 {
                guard index >= 0 else {
                    path.wantedParents.append(slot)
                    break
                }
                var step = steps[index]
                index -= 1
                // Steps that bind the focus in a row all have the same input.
                while index >= 0, step.focus != nil, steps[index].focus != nil {
                    step = steps[index]
                    index -= 1
                }
                try seek(slot, in: step)
            }
        }
    }

    /// Lets a step answer for the parent, when it is the one meant.
    static func seek(_ slot: Draft.Slot, in step: Draft) throws(ExpressionError) {
        switch step.kind {
        case .name, .wildcard:
            slot.level -= 1
            guard slot.level == 0 else { return }
            if let known = step.ancestor { slot.label = known.label }
            step.ancestor = slot
            step.carriesTuples = true
        case .parent:
            slot.level += 1
        case .block(let expressions):
            guard let last = expressions.last else { return }
            step.carriesTuples = true
            try seek(slot, in: last)
        case .path(let steps):
            step.carriesTuples = true
            var index = steps.count - 1
            repeat {
                try seek(slot, in: steps[index])
                index -= 1
            } while slot.level > 0 && index >= 0
        default:
            throw ExpressionError(.noParent, position: step.position, token: step.typeName)
        }
    }
}

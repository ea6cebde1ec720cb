import JSONata
import Wording

/// Checks the names that one expression reads, and notes the steps among them.
struct ReadCheck {
    let draft: Draft
    let surroundings: Surroundings
    let reader: Draft.Reader?
    let source: ExpressionSource

    func check(_ reads: JSONata.Reads) {
        for read in reads.relativeReads where surroundings.names.contains(read.name) { warn(of: read) }
        for path in reads.paths.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard let root = path.first else { continue }
            let rest = Array(path.dropFirst())
            guard surroundings.names.contains(root) else {
                unknown(root, among: surroundings.names, "nothing is called `\(root)` here", of: path)
                continue
            }
            switch root {
            case "steps": checkStep(rest, path)
            case "run": checkRun(rest, path)
            default: break
            }
        }
    }

    private func warn(of read: RelativeRead) {
        let start = source.text.scalarOffset(utf16: read.position - read.name.utf16.count)
        draft.say(
            "within a path or predicate `\(read.name)` means a member of the element",
            at: source.place(.character(start)),
            hint: "if it is not meant, write $$.\(read.name)",
            as: .warning
        )
    }

    private func checkRun(_ rest: [String], _ path: [String]) {
        guard let member = rest.first, !surroundings.runMembers.contains(member) else { return }
        let late = ["status", "error"].contains(member)
        let message = late ? "`run.\(member)` is known in `always` only" : "a run has no `\(member)`"
        unknown(member, among: surroundings.runMembers, message, of: path)
    }

    /// A path without a literal step sees what has ended before, and is not checked.
    private func checkStep(_ rest: [String], _ path: [String]) {
        guard let id = rest.first, let reader else { return }
        let place = source.place(.path(path))
        draft.reads.append(Draft.StepRead(step: Draft.NamedStep(id: id, place: place), reader: reader))
        guard rest.count > 1, !Surroundings.stepMembers.contains(rest[1]) else { return }
        unknown(rest[1], among: Surroundings.stepMembers, "a step has no `\(rest[1])`", of: path)
    }

    private func unknown(
        _ name: String,
        among candidates: some Sequence<String>,
        _ message: String,
        of path: [String]
    ) {
        let known = candidates.sorted()
        draft.say(
            message,
            at: source.place(.path(path)),
            hint: NearestName.hint(for: name, among: known) ?? "known are \(known.joined(separator: ", "))"
        )
    }
}

import JSON
import YAML

/// Reads `foreach:` and `repeat:`.
struct LoopReader {
    static let forEachKeys = ["items", "as", "max_concurrency", "tolerate"]
    static let repeatKeys = ["until", "delay", "max"]

    let draft: Draft
    let node: Int

    func forEach(_ value: SourceValue, _ surroundings: Surroundings) -> ForEach? {
        let what = "`foreach`"
        guard let fields = value.fields(what, known: Self.forEachKeys) else { return nil }
        let programs = ProgramReader(draft: draft, surroundings: surroundings, reader: .node(node))
        let items = fields.required("items", of: what).map(programs.template)
        var forEach = ForEach(items: items ?? Program(.template, []))
        if let name = fields["as"].flatMap(itemName) {
            forEach.itemName = name
            forEach.indexName = name + "_index"
        }
        forEach.maxConcurrency = fields["max_concurrency"]?.integer(in: 1...1_000_000)
        forEach.tolerate = fields["tolerate"].flatMap(tolerance) ?? .count(0)
        return forEach
    }

    private func itemName(_ value: SourceValue) -> String? {
        guard let name = value.name(.step) else { return nil }
        guard !Surroundings.reserved.contains(name) else {
            value.error("`\(name)` has a meaning of its own in expressions; call the item otherwise")
            return nil
        }
        return name
    }

    /// `3`, or `10%`.
    private func tolerance(_ value: SourceValue) -> ForEach.Tolerance? {
        guard let text = value.node.scalar?.value.stringValue, text.hasSuffix("%"), value.isLiteral else {
            return value.integer(in: 0...1_000_000).map(ForEach.Tolerance.count)
        }
        guard let percent = Double(text.dropLast()), (0...100).contains(percent) else {
            value.mismatch("a number of failures, or a share from 0% to 100%")
            return nil
        }
        return .percent(percent)
    }

    func repeating(_ value: SourceValue, _ surroundings: Surroundings) -> Repeat? {
        let what = "`repeat`"
        guard let fields = value.fields(what, known: Self.repeatKeys) else { return nil }
        let programs = ProgramReader(draft: draft, surroundings: surroundings.ended, reader: .node(node))
        let until = fields.required("until", of: what).flatMap(programs.condition)
        return Repeat(
            until: until ?? Program(.template, true),
            delayMilliseconds: fields["delay"]?.duration(minimum: 0) ?? 0,
            max: fields["max"]?.integer(in: 1...1_000_000)
        )
    }
}

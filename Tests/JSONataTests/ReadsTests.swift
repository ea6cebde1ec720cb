import JSONata
import Testing

@Suite("What an expression reads is told without evaluating it")
struct ReadsTests {
    private func reads(_ source: String) throws -> Reads { try Expression(parsing: source).reads }

    @Test(
        "exactly for literal paths",
        arguments: [
            (
                "steps.reserve.output.price * input.quantity",
                ["input.quantity", "steps.reserve.output.price"]
            ),
            ("steps.a.output[0].b", ["steps.a.output.b"]),
            ("(steps.a).output", ["steps.a.output"]),
            ("($s := steps.a; $s.output.x & $s.output.y)", ["steps.a.output.x", "steps.a.output.y"]),
            ("($r := $$; $r.steps.a.output)", ["steps.a.output"]),
            ("$count(steps.ship.output) > 1", ["steps.ship.output"]),
            (
                "$map(input.items, function($i) { $i.price * steps.tax.output })",
                ["input.items", "steps.tax.output"]
            ),
            (
                "steps.list.output[id = $$.input.id].name",
                ["input.id", "steps.list.output.id", "steps.list.output.name"]
            ),
            ("steps.a.output ~> $join(input.separator)", ["input.separator", "steps.a.output"]),
            (
                "input.flag ? steps.a.output : steps.b.output",
                ["input.flag", "steps.a.output", "steps.b.output"]
            ),
            ("{ 'x': steps.a.output }", ["steps.a.output"]),
            ("[steps.a.output, steps.b.output].id", ["steps.a.output.id", "steps.b.output.id"]),
            ("steps.a.output.items.(price * $$.input.rate)", ["input.rate", "steps.a.output.items.price"]),
            ("steps.a.output@$o.x[$o.y = 1]", ["steps.a.output.y", "steps.a.x"]),
            ("steps.a.output.items.name.(%.price)", ["steps.a.output.items.price"]),
            ("input.name.$uppercase()", ["input.name"]),
            ("1 + 2", []),
        ]
    )
    func literalPaths(source: String, paths: [String]) throws {
        let reads = try reads(source)
        #expect(reads.paths.map { $0.joined(separator: ".") }.sorted() == paths)
        #expect(!reads.readsEverything)
    }

    @Test(
        "everything below the prefix where a path cannot be followed",
        arguments: [
            ("steps.*.output", ["steps"]), ("$lookup(steps, input.which)", ["input.which", "steps"]),
            ("steps.a.**.id", ["steps.a"]), ("$keys(steps)", ["steps"]),
        ]
    )
    func prefixes(source: String, paths: [String]) throws {
        let reads = try reads(source)
        #expect(reads.paths.map { $0.joined(separator: ".") }.sorted() == paths)
    }

    @Test(
        "everything where anything may be read",
        arguments: ["$", "$$", "**.id", "*", "$eval('steps')", "$string()"]
    )
    func everything(source: String) throws {
        #expect(try reads(source).readsEverything)
    }

    @Test("bare names that mean the element are told with their place")
    func relativeReads() throws {
        let relative = try reads("files[id = input.id]").relativeReads
        #expect(relative.map(\.name) == ["id", "input"])
        #expect(relative.last?.position == 16)
        #expect(try reads("files.(name & steps.a.output)").relativeReads.map(\.name) == ["name", "steps"])
        #expect(try reads("input.a[$$.input.b = 1]").relativeReads.isEmpty)
        #expect(try reads("input.a + steps.b.output").relativeReads.isEmpty)
    }
}

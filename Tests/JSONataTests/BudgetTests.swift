import JSON
import JSONata
import TestSupport
import Testing

/// A debug build needs up to 3 MiB for what a release build does in 512 KiB.
let debugStackBytes = 8 << 20

/// A text too long for the log of a test, under a short name.
struct DeepSource: Sendable, CustomTestStringConvertible {
    let start: String
    let part: String
    let count: Int

    init(_ part: String, times count: Int, after start: String = "") {
        self.start = start
        self.part = part
        self.count = count
    }

    var text: String { start + String(repeating: part, count: count) }
    var testDescription: String { "\(count) times \(part)" + (start.isEmpty ? "" : " after \(start)") }
}

@Suite("A runaway expression ends")
struct BudgetTests {
    @Test(
        "with ExpressionBudget, whatever it runs away with",
        arguments: [
            "($f := function() { $f() }; $f())",
            "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
            "($f := function($g) { $f(function() { $g }) }; $f(1))",
            "$map([1..10000000], function($i) { $i })",
            "[1..10000000]",
            "($f := function($s) { $f($s & $s) }; $f('abc'))",
            "($f := function($a) { $f([$a, $a]) }; $f(1))",
            "$reduce([1..60], function($a, $i) { [[$a], [$a]] }, 1)",
            "$sort([1..1000000], function($a, $b) { $a < $b })",
            "($f := function($n, $a) { $n = 0 ? $a : $f($n - 1, [[$a]]) }; $f(1000, 1))",
            "($f := function($n, $a) { $n = 0 ? $a : $f($n - 1, { 'a': $a }) }; $f(1000, 1))",
            "($f := function($n) { (($s := 1; $s + $x > 1 ? $s : $append($s, $f($n)))) }; $f(0))",
            "($f := function($n, $g) { $n = 0 ? $g : $f($n - 1, $g ~> $string) }; $f(1000, $string))",
            "$pad('x', 1000000000)",
            "$match($pad('', 30, 'a') & '!', /^(a+)+$/)",
            "$match($pad('', 30000, 'a') & '!', /(a|aa)+$/)",
            "$formatNumber(1, $pad('', 100000, '0'))",
            "$split($pad('', 5000000, 'a'), '')",
            "$eval($pad('', 500, '('))",
            "($e := '$eval($e)'; $eval($e))",
        ]
    )
    func runaway(source: String) async throws {
        // A debug build takes ten times as long; what is stopped, and how, is the same with fewer steps.
        let budget = Budget(steps: 50_000, depth: Budget.standard.depth, outputBytes: 4 << 20)
        try await onOwnThread(stackBytes: debugStackBytes) {
            let error = ExpressionTests.error(source, in: Environment(budget: budget))
            #expect(error?.kind == .budget, "\(error?.description ?? "no error")")
        }
    }

    @Test(
        "and so does one that is too deep to be parsed",
        arguments: [
            DeepSource("(", times: 100_000),
            DeepSource("[", times: 100_000),
            DeepSource("-", times: 100_000),
            DeepSource("{'a':", times: 50_000),
            DeepSource("function($x){", times: 50_000),
            DeepSource("+1", times: 100_000, after: "1"),
            DeepSource(".a", times: 100_000, after: "a"),
            DeepSource("[0]", times: 100_000, after: "a"),
            DeepSource("?1:a", times: 50_000, after: "a"),
        ]
    )
    func deepSource(source: DeepSource) async throws {
        try await onOwnThread(stackBytes: debugStackBytes) {
            #expect(ExpressionTests.error(source.text)?.kind == .budget)
        }
    }

    @Test("a deep document is walked to the limit and no further")
    func deepDocument() throws {
        var document: JSONValue = 1
        for _ in 0..<900 { document = .array([document]) }
        for source in [
            "$string($)", "$ = $$", "**", "*", "$keys($)", "$spread($)", "$boolean($)", "$clone($)", "a",
        ] {
            let error = ExpressionTests.error(source, document)
            #expect(error == nil || error?.kind == .budget, "\(source): \(error?.description ?? "")")
        }
        #expect(try ExpressionTests.value("$", document) == document)
    }

    @Test("a caller can give less")
    func smallBudget() throws {
        let environment = Environment(budget: Budget(steps: 1_000, depth: 20, outputBytes: 1_000))
        #expect(ExpressionTests.error("$sum([1..2000])", in: environment)?.kind == .budget)
        #expect(ExpressionTests.error("$pad('', 2000)", in: environment)?.kind == .budget)
        #expect(try ExpressionTests.value("$sum([1..20])", in: environment) == 210)
    }

    @Test("functions in tail position call one another without end of stack")
    func tailCalls() throws {
        let source = """
            ( $even := function($n) { $n = 0 ? true : $odd($n - 1) };
              $odd := function($n) { $n = 0 ? false : $even($n - 1) };
              $even(10000) )
            """
        #expect(try ExpressionTests.value(source) == true)
    }
}

import JSON
import JSONata
import Testing

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
    func runaway(source: String) {
        // A debug build takes ten times as long; what is stopped, and how, is the same with fewer steps.
        let budget = Budget(steps: 50_000, depth: Budget.standard.depth, outputBytes: 4 << 20)
        let error = ExpressionTests.error(source, in: Environment(budget: budget))
        #expect(error?.kind == .budget, "\(error?.description ?? "no error")")
    }

    @Test(
        "and so does one that is too deep to be parsed",
        arguments: [
            String(repeating: "(", count: 100_000),
            String(repeating: "[", count: 100_000),
            String(repeating: "-", count: 100_000),
            String(repeating: "{'a':", count: 50_000),
            String(repeating: "function($x){", count: 50_000),
            "1" + String(repeating: "+1", count: 100_000),
            "a" + String(repeating: ".a", count: 100_000),
            "a" + String(repeating: "[0]", count: 100_000),
            "a" + String(repeating: "?1:a", count: 50_000),
        ]
    )
    func deepSource(source: String) {
        #expect(ExpressionTests.error(source)?.kind == .budget)
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

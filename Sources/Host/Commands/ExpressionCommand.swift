import JSON
import JSONata
import Linux

/// `pawl expr`: evaluates JSONata.
enum ExpressionCommand {
    static let command = Command(
        ["expr"],
        "Evaluate a JSONata expression",
        operands: "[EXPR]",
        count: 0...1,
        options: [
            Option("input", value: "FILE|-", "the input, JSON; without it undefined"),
            Option("jsonl", "read {expr, input?, bindings?} a line from stdin, answer a line each"),
        ],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        if invocation.has("jsonl") { return lines() }
        guard let source = invocation.operands.first else {
            throw CommandFailure.usage("give an expression, or --jsonl")
        }
        let input = try invocation.value("input").map {
            try InputArguments([$0 == "-" ? "-" : "@\($0)"]).input(schema: nil)
        }
        do throws(ExpressionError) {
            let value = try Expression(parsing: source).evaluate(input)
            Output.json(value?.pretty() ?? "undefined")
            return .ok
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }

    private static func lines() -> ExitCode {
        while let line = readLine(strippingNewline: true) {
            Output.json(ExpressionLine.answer(line))
        }
        return .ok
    }
}

import JSON
import JSONata
import Linux

/// `expr`: how quick expressions are, on one core and without servers.
struct ExpressionBench {
    /// How long each measurement runs at least.
    private static let duration = Duration.milliseconds(500)

    private struct Row {
        var name: String
        var perSecond: Double
    }

    static func run(_ output: Output) throws {
        let rows = try measure()
        let filters = try [100, 1_000, 10_000].map { ($0, try microseconds(filter, over: items($0))) }
        let growth = filters[2].1 / filters[1].1 / 10
        if output.format == .table {
            Output.line("expr")
            for row in rows { Output.line("  \(row.name.padded(to: 32)) \(Int(row.perSecond)) a second") }
            for (count, time) in filters { Output.line("  filter over \(count) items: \(Int(time)) µs") }
            Output.line("  cost an item from 1,000 to 10,000: \((growth * 100).rounded() / 100) times")
            return
        }
        var object = JSONObject([("workload", "expr")])
        for row in rows { object["\(row.name.replacing(" ", with: "_"))_per_s"] = .real(row.perSecond) }
        object["sizes"] = .array(filters.map { ["items": .integer(Int64($0.0)), "filter_us": .real($0.1)] })
        object["growth"] = .real(growth)
        Output.json(JSONValue.object(object).serialized())
    }

    private static let path = "input.user.name"
    private static let filter = "items[price > 500].id"
    private static let transform = "items.{ 'id': id, 'total': price * 2 }"

    private static func measure() throws -> [Row] {
        let small: JSONValue = ["input": ["user": ["name": "Ada"], "n": 1]]
        let thousand = items(1_000)
        let parsed = try Expression(parsing: path)
        return [
            Row(name: "parse", perSecond: try rate { _ = try Expression(parsing: transform) }),
            Row(name: "path", perSecond: try rate { _ = try parsed.evaluate(small) }),
            Row(name: "filter 1000", perSecond: 1e6 / (try microseconds(filter, over: thousand))),
            Row(name: "transform 1000", perSecond: 1e6 / (try microseconds(transform, over: thousand))),
        ]
    }

    private static func items(_ count: Int) -> JSONValue {
        let items = (0..<count).map { index -> JSONValue in
            ["id": .integer(Int64(index)), "price": .integer(Int64(index * 7919 % 1_000))]
        }
        return ["items": .array(items)]
    }

    private static func microseconds(_ source: String, over input: JSONValue) throws -> Double {
        let expression = try Expression(parsing: source)
        return 1e6 / (try rate { _ = try expression.evaluate(input) })
    }

    /// How often `body` runs a second.
    private static func rate(_ body: () throws -> Void) throws -> Double {
        let start = MonotonicTime.now
        var count = 0
        var batch = 1
        while true {
            for _ in 0..<batch { try body() }
            count += batch
            let elapsed = MonotonicTime.now - start
            if elapsed >= duration { return Double(count) * 1e9 / Double(elapsed.wholeNanoseconds) }
            batch = min(batch * 2, 10_000)
        }
    }
}

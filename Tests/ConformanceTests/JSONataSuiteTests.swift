import FoundationEssentials
import JSON
import JSONata
import Testing

@Suite("Expressions agree with the suite of JSONata")
struct JSONataSuiteTests {
    @Test("every case gives the result or the error that the suite says", .timeLimit(.minutes(5)))
    func cases() throws {
        let cases = try JSONataCase.all()
        print("JSONata suite: \(cases.count) cases")
        #expect(cases.count == 669)
        for example in cases {
            if let fault = try example.fault() { Issue.record("\(example.name): \(fault)") }
        }
    }
}

/// A case of the suite: an expression, its input, and what must come out.
struct JSONataCase {
    let name: String
    let json: JSONValue
    let input: JSONValue?

    static func all() throws -> [JSONataCase] {
        let datasets = try JSONValue.parse([UInt8](fixture("datasets.json")))
        return try fixture("cases.jsonl").split(separator: UInt8(ascii: "\n")).map { line in
            let text = ExpressionLine.repairingSurrogates(in: String(decoding: line, as: UTF8.self))
            let json = try JSONValue.parse(text)
            let dataset = json["dataset"]?.stringValue.flatMap { datasets[$0] }
            let name = try #require(json["name"]?.stringValue)
            return JSONataCase(name: name, json: json, input: json["data"] ?? dataset)
        }
    }

    static func fixture(_ name: String) throws -> Data {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try Data(contentsOf: tests.appending(path: "Fixtures/jsonata").appending(path: name))
    }

    /// What is wrong with the answer; nil when it is right.
    func fault() throws -> String? {
        let source = try #require(json["expr"]?.stringValue)
        var bindings: [String: JSONValue] = [:]
        for (key, value) in json["bindings"]?.objectValue ?? [:] { bindings[key] = value }
        do {
            let result = try Expression(parsing: source).evaluate(input, bindings: bindings, in: environment)
            return fault(of: result)
        } catch {
            return fault(of: error)
        }
    }

    private var environment: Environment {
        var environment = Environment()
        // The depth of a case counts as the reference implementation counts, whose calls take fewer levels.
        if let depth = json["depth"]?.integerValue { environment.budget.depth = max(Int(depth), 500) }
        return environment
    }

    private func fault(of result: JSONValue?) -> String? {
        if json["undefinedResult"] != nil {
            return result.map { "undefined expected, got \($0.serialized())" }
        }
        guard let expected = json["result"] else {
            let code = json["code"] ?? json["error"] ?? "?"
            return "error \(code.serialized()) expected, got \(result?.serialized() ?? "undefined")"
        }
        let isUnordered = json["unordered"] == true
        if let result, Self.same(result, expected, isUnordered: isUnordered) { return nil }
        return "\(expected.serialized()) expected, got \(result?.serialized() ?? "undefined")"
    }

    private func fault(of error: ExpressionError) -> String? {
        guard let code = (json["code"] ?? json["error"]?["code"])?.stringValue else {
            return "no error expected, got \(error)"
        }
        // U1001 is what the harness of the suite throws when time or depth run out.
        let expected = code == "U1001" ? ExpressionError.budgetCode : code
        if error.code != expected { return "error \(code) expected, got \(error)" }
        if let token = json["token"]?.stringValue, error.token != token {
            return "token \(token) expected, got \(error.token ?? "none")"
        }
        if let message = json["error"]?["message"]?.stringValue, error.message != message {
            return "message \(message) expected, got \(error.message)"
        }
        return nil
    }

    /// Equality in which 1 and 1.0 are the same, and the order of an array may not matter.
    private static func same(_ left: JSONValue, _ right: JSONValue, isUnordered: Bool = false) -> Bool {
        if let first = left.doubleValue, let second = right.doubleValue { return first == second }
        switch (left, right) {
        case (.array(let first), .array(var second)):
            guard first.count == second.count else { return false }
            guard isUnordered else { return zip(first, second).allSatisfy { same($0, $1) } }
            return first.allSatisfy { item in
                guard let index = second.firstIndex(where: { same(item, $0) }) else { return false }
                second.remove(at: index)
                return true
            }
        case (.object(let first), .object(let second)):
            return first.count == second.count
                && first.allSatisfy { key, value in second[key].map { same(value, $0) } ?? false }
        default: return left == right
        }
    }
}

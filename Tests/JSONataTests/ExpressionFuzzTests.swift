import FoundationEssentials
import Glibc
import JSON
import JSONata
import TestSupport
import Testing

@Suite("Expressions that nobody would write")
struct ExpressionFuzzTests {
    @Test("neither crash nor hang: PAWL_FUZZ_SECONDS says for how long, PAWL_FUZZ_SEED from where")
    func mutations() async throws {
        let variables = ProcessInfo.processInfo.environment
        let seconds = variables["PAWL_FUZZ_SECONDS"].flatMap { Int64($0) } ?? 2
        let seed = variables["PAWL_FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...999_999)
        print("expression fuzz: seed \(seed)")
        let cases = try Self.cases()
        let count = try await onOwnThread(stackBytes: debugStackBytes) {
            try Self.run(cases, seed: seed, for: .seconds(seconds))
        }
        print("expression fuzz: \(count) mutants")
        #expect(count > 0)
    }

    private static func run(_ cases: [JSONValue], seed: UInt64, for duration: Duration) throws -> Int {
        var mutator = ExpressionMutator(sources: cases.compactMap { $0["expr"]?.stringValue }, seed: seed)
        let inputs = cases.compactMap { $0["data"] }
        let budget = Budget(steps: 100_000, depth: Budget.standard.depth, outputBytes: 8 << 20)
        let clock = ContinuousClock()
        let end = clock.now + duration
        var count = 0
        while clock.now < end {
            let source = mutator.next()
            let start = clock.now
            if let expression = try? Expression(parsing: source) {
                let environment = Environment(seed: seed, budget: budget)
                _ = try? expression.evaluate(inputs[count % inputs.count], in: environment)
            }
            let time = clock.now - start
            #expect(time < .seconds(30), "\(source.debugDescription) took \(time)")
            count += 1
        }
        return count
    }

    private static func cases() throws -> [JSONValue] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let lines = try Data(contentsOf: tests.appending(path: "Fixtures/jsonata/cases.jsonl"))
        return try lines.split(separator: UInt8(ascii: "\n")).map { line in
            let text = String(decoding: line, as: UTF8.self)
            return try JSONValue.parse(ExpressionLine.repairingSurrogates(in: text))
        }
    }
}

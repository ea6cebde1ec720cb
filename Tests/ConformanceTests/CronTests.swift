import Cron
import FoundationEssentials
import JSON
import Linux
import Testing

@Suite("Cron expressions fire as cronsim says")
struct CronTests {
    struct Case: Decodable, Sendable {
        let test: String
        let expr: String
        let valid: Bool?
        let start: String?
        let tz: String?
        let nth: Int?
        let result: String?
    }

    static func cases() throws -> [Case] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let lines = try Data(contentsOf: tests.appending(path: "Fixtures/cron/cases.jsonl"))
        return try lines.split(separator: UInt8(ascii: "\n")).map { line in
            try JSONValue.parse([UInt8](line)).decode(Case.self)
        }
    }

    @Test("every case fires when the suite says, or is refused")
    func verdicts() throws {
        let cases = try Self.cases()
        for example in cases {
            if example.valid == false {
                #expect(throws: CronError.self, "\(example.test)") { try CronExpression(example.expr) }
            } else {
                #expect(try Self.fire(example) == Self.time(example.result, example), "\(example.test)")
            }
        }
        print("cron: \(cases.count) cases")
        #expect(cases.count == 53)
    }

    private static func fire(_ example: Case) throws -> Timestamp? {
        let expression = try CronExpression(example.expr)
        let zone = try zone(of: example)
        var time = try time(example.start, example)
        for _ in 0...(example.nth ?? 0) { time = time.flatMap { expression.next(after: $0, in: zone) } }
        return time
    }

    private static func time(_ text: String?, _ example: Case) throws -> Timestamp? {
        try zone(of: example).timestamp(try #require(text))
    }

    private static func zone(of example: Case) throws -> Zone {
        try example.tz.map { try ZoneFiles().zone($0) } ?? .utc
    }
}

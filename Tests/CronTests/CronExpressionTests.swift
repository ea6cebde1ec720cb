import Cron
import Linux
import Testing

@Suite("Cron expressions")
struct CronExpressionTests {
    @Test(
        "an error names the field and what is allowed",
        arguments: [
            ("61 * * * *", "minute “61”: “61” is not allowed: a number from 0 to 59"),
            ("* 24 * * *", "hour “24”: “24” is not allowed: a number from 0 to 23"),
            ("* * 0 * *", "day-of-month “0”: “0” is not allowed: a number from 1 to 31"),
            (
                "* * * FOO *",
                "month “FOO”: “FOO” is not allowed: a number from 1 to 12, or a name from JAN to DEC"
            ),
            ("* * * * 1#6", "day-of-week “1#6”: “6” is not allowed after #: a number from 1 to 5"),
            ("*/0 * * * *", "minute “*/0”: “0” is no step: a number of at least 1"),
            ("* 5-3 * * *", "hour “5-3”: the range “5-3” ends before it begins"),
            ("0 0 30 2 *", "day-of-month “30”: none of the months has such a day"),
            ("70 * * * * *", "second “70”: “70” is not allowed: a number from 0 to 59"),
        ]
    )
    func errors(text: String, message: String) {
        #expect(throws: CronError.self) { try CronExpression(text) }
        #expect(Self.error(text)?.description == message)
    }

    @Test("a wrong number of fields and an unknown nickname are told")
    func wholeErrors() {
        #expect(Self.error("* * * *")?.message.contains("4 fields, not 5") == true)
        #expect(Self.error("")?.message.contains("0 fields") == true)
        #expect(Self.error("@fortnightly")?.message.contains("@daily") == true)
    }

    private static func error(_ text: String) -> CronError? {
        do throws(CronError) {
            _ = try CronExpression(text)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "nicknames, names, and what stands for days",
        arguments: [
            ("@yearly", "2027-01-01T00:00:00Z"), ("@monthly", "2026-04-01T00:00:00Z"),
            ("@weekly", "2026-03-15T00:00:00Z"), ("@daily", "2026-03-12T00:00:00Z"),
            ("@hourly", "2026-03-11T11:00:00Z"), ("0 9 * * mon-fri", "2026-03-12T09:00:00Z"),
            ("0 0 L * *", "2026-03-31T00:00:00Z"), ("0 0 LW 5 *", "2026-05-29T00:00:00Z"),
            ("0 0 * * 5L", "2026-03-27T00:00:00Z"), ("0 0 * * 7#3", "2026-03-15T00:00:00Z"),
            ("0 0 29 2 *", "2028-02-29T00:00:00Z"), ("*/20 * * * * *", "2026-03-11T10:30:20Z"),
            ("5/20 * * * *", "2026-03-11T10:45:00Z"), ("0 0 13 * 5", "2026-03-13T00:00:00Z"),
        ]
    )
    func fires(text: String, expected: String) throws {
        let start = try #require(Timestamp(rfc3339: "2026-03-11T10:30:00Z"))
        let fire = try CronExpression(text).next(after: start, in: .utc)
        #expect(fire.map { Zone.utc.rfc3339($0) } == expected)
    }

    @Test("what never comes is told as such, soon")
    func never() throws {
        let start = try #require(Timestamp(rfc3339: "2026-03-11T10:30:00Z"))
        // 29 February is a Sunday once in 28 years, and the fifth one of that month only then.
        let rare = try CronExpression("0 0 29 2 */7")
        #expect(rare.next(after: start, in: .utc).map { Zone.utc.rfc3339($0) } == "2032-02-29T00:00:00Z")
        let last = try #require(Timestamp(rfc3339: "9999-12-31T23:59:00Z"))
        #expect(try CronExpression("* * * * *").next(after: last, in: .utc) == nil)
        #expect(try CronExpression("0 0 */31 2 1#5").next(after: start, in: .utc) == nil)
    }
}

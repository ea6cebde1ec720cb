import Testing
import Wording

@testable import Scheduler

struct DefinitionTextTests {
    @Test(arguments: [
        ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("1h30m", 5_400_000), ("2d", 172_800_000),
        ("1d2h3m4s5ms", 93_784_005), ("0s", 0), ("1.5s", 1_500), ("0.5h", 1_800_000),
        ("PT1H30M", 5_400_000), ("P2D", 172_800_000), ("P1W", 604_800_000), ("P1DT12H", 129_600_000),
        ("PT0.25S", 250),
    ])
    func readsDurations(text: String, milliseconds: Int64) {
        #expect(DurationText.milliseconds(text) == milliseconds)
    }

    @Test(arguments: [
        "", "30", "s", "30 s", "30S", "1m1h", "1h1h", "-5s", "1y", "P", "PT", "P1Y", "P1M", "P1DT", "PT1",
        "1..5s", "1.s", ".5s", "0.0001s", "99999999999999999999d", "40000d", "9223372036854775807ms", "٣s",
    ])
    func refusesWhatIsNoDuration(text: String) {
        #expect(DurationText.milliseconds(text) == nil)
    }

    @Test(arguments: ["0s", "500ms", "30s", "1h30m", "2d", "1d2h3m4s5ms"])
    func writesDurationsAsTheyAreRead(text: String) throws {
        let milliseconds = try #require(DurationText.milliseconds(text))
        #expect(DurationText.text(milliseconds) == text)
    }

    @Test(arguments: [
        ("512B", 512), ("64KiB", 65_536), ("256MiB", 268_435_456), ("4GiB", 4_294_967_296),
        ("1TiB", 1_099_511_627_776), ("0B", 0),
    ])
    func readsAndWritesSizes(text: String, bytes: Int64) {
        #expect(SizeText.bytes(text) == bytes)
        #expect(SizeText.text(bytes) == text)
    }

    @Test(arguments: [
        "", "64", "64KB", "KiB", "1.5GiB", "-1MiB", "64 KiB", "9223372036854775807KiB", "64kib",
    ])
    func refusesWhatIsNoSize(text: String) {
        #expect(SizeText.bytes(text) == nil)
    }

    @Test(arguments: [
        ("retyr", "retry", 1), ("retr", "retry", 1), ("rretry", "retry", 1), ("ratry", "retry", 1),
        ("", "abc", 3), ("abc", "abc", 0), ("aaa", "aa", 1), ("kitten", "sitting", 3), ("ab", "ba", 1),
    ])
    func countsEdits(from left: String, to right: String, edits: Int) {
        #expect(NearestName.edits(from: left, to: right) == edits)
        #expect(NearestName.edits(from: right, to: left) == edits)
    }
}

import Cron
import Linux
import Testing

@Suite("Time zones")
struct ZoneTests {
    /// A zone, an instant, and what its clocks show: before the first transition, between, by the rule after
    /// the last, north and south, half hours, and a summer that is said to be winter.
    @Test(
        "zones show the time that the system's zone files say",
        arguments: [
            ("Europe/Riga", "2026-07-01T00:00:00Z", "2026-07-01T03:00:00+03:00"),
            ("Europe/Riga", "2199-01-01T00:00:00Z", "2199-01-01T02:00:00+02:00"),
            ("Europe/Riga", "2199-07-01T00:00:00Z", "2199-07-01T03:00:00+03:00"),
            ("America/New_York", "2150-11-01T05:59:59Z", "2150-11-01T01:59:59-04:00"),
            ("America/New_York", "2150-11-01T06:00:00Z", "2150-11-01T01:00:00-05:00"),
            ("Australia/Lord_Howe", "2026-01-01T00:00:00Z", "2026-01-01T11:00:00+11:00"),
            ("Australia/Lord_Howe", "2126-07-01T00:00:00Z", "2126-07-01T10:30:00+10:30"),
            ("Europe/Dublin", "2126-07-01T00:00:00Z", "2126-07-01T01:00:00+01:00"),
            ("America/Sao_Paulo", "2126-01-01T00:00:00Z", "2125-12-31T21:00:00-03:00"),
            ("Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T05:45:00+05:45"),
        ]
    )
    func shows(name: String, instant: String, shown: String) throws {
        let zone = try ZoneFiles().zone(name)
        let time = try #require(Timestamp(rfc3339: instant))
        #expect(zone.rfc3339(time) == shown)
        #expect(zone.timestamp(shown) == time)
    }

    @Test("a time without an offset is what the clocks show")
    func wallTimes() throws {
        let zone = try ZoneFiles().zone("Europe/Riga")
        #expect(zone.timestamp("2026-07-01T03:00:00")?.rfc3339 == "2026-07-01T00:00:00.000Z")
        #expect(zone.timestamp("no time") == nil)
    }

    @Test(
        "what is no zone is refused, and nothing outside the folder is read",
        arguments: [
            "Europe/Rigga", "", "../../etc/passwd", "/etc/localtime", "zone.tab", "Europe", "a\u{0}b",
        ]
    )
    func unknown(name: String) {
        #expect(throws: ZoneFiles.Failure.unknown(name: name)) { try ZoneFiles().zone(name) }
    }

    @Test("zones are listed, and each can be read")
    func names() throws {
        let files = ZoneFiles()
        let names = files.names()
        #expect(names.contains("Europe/Riga") && names.contains("UTC"))
        for name in names { _ = try files.zone(name) }
    }

    @Test("a system without zone files is told what to install")
    func missing() throws {
        let files = ZoneFiles(folder: "/nonexistent")
        #expect(throws: ZoneFiles.Failure.missing(folder: "/nonexistent")) { try files.zone("Europe/Riga") }
        #expect(try files.zone("UTC") == .utc)
    }
}

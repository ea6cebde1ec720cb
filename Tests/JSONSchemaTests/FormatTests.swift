import JSON
import JSONSchema
import Testing

@Suite("Formats of JSON Schema")
struct FormatTests {
    @Test(
        "what a format accepts and refuses",
        arguments: [
            (
                "date-time",
                ["2026-01-31T08:30:00Z", "2026-01-31t08:30:00.123+05:30", "1990-12-31T23:59:60Z"],
                [
                    "2026-01-31", "2026-01-31 08:30:00Z", "2026-01-31T08:30:00", "2026-02-29T00:00:00Z",
                    "2026-01-31T24:00:00Z", "1990-12-31T23:58:60Z",
                ]
            ),
            (
                "date", ["2024-02-29", "2000-02-29"],
                ["2023-02-29", "1900-02-29", "2026-13-01", "2026-1-1", "2026-01-32", ""]
            ),
            (
                "time", ["08:30:00Z", "23:59:60Z", "15:59:60-08:00"],
                ["08:30Z", "08:30:00", "08:30:00.Z", "22:59:60Z", "08:30:00+24:00"]
            ),
            (
                "duration", ["P1D", "PT1H30M", "P1Y2M3DT4H5M6S", "P4W", "PT0S"],
                ["P", "PT", "P1", "1D", "P1YT", "P1Y1D", "PT1H1S", "P1W1D", "P1.5D", "P1D2Y", "P१D"]
            ),
            (
                "email",
                [
                    "a@b.cd", "a.b+c@x-y.example", "\"a b\"@x.yz", "a@[127.0.0.1]", "a@localhost",
                    "a@[IPv6:::1]",
                ],
                ["a", "@b", "a@", "a..b@c.de", ".a@b.cd", "a@-b.cd", "a b@c.de", "a@b..c", "a@[300.0.0.1]"]
            ),
            (
                "uri", ["http://x/y?z=%20#f", "urn:isbn:1", "mailto:a@b", "http://[::1]/"],
                ["/x", "x y:z", "http://a b", "1a:b", "a:%2", "a:#b#c", "http://ü"]
            ),
            (
                "uuid", ["01890a5d-ac96-774b-bcce-b302099a8057", "01890A5D-AC96-774B-BCCE-B302099A8057"],
                [
                    "01890a5dac96774bbcceb302099a8057", "01890a5d-ac96-774b-bcce-b302099a805",
                    "g1890a5d-ac96-774b-bcce-b302099a8057",
                ]
            ),
            (
                "ipv4", ["0.0.0.0", "255.255.255.255"],
                ["256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.", "1.2.3.4 "]
            ),
            (
                "ipv6",
                [
                    "::", "::1", "1::", "1:2:3:4:5:6:7:8", "fe80::1:2", "::ffff:1.2.3.4",
                    "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7::",
                ],
                [
                    ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "1.2.3.4",
                    ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:", "::1.2.3.4.5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4",
                ]
            ),
        ] as [(String, [String], [String])]
    )
    func formats(name: String, accepted: [String], refused: [String]) throws {
        let schema = try Schema.compile(["format": .string(name)])
        for text in accepted { #expect(schema.accepts(.string(text)), "\(text)") }
        for text in refused { #expect(!schema.accepts(.string(text)), "\(text)") }
        #expect(schema.accepts(5))
    }
}

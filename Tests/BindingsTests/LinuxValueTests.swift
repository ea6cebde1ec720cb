import Linux
import Testing

@Suite("Timestamps and digests")
struct LinuxValueTests {
    @Test(
        "an instant is written and read as RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_123_000, "2000-02-29T00:00:00.123Z"),
            (-1_000, "1969-12-31T23:59:59.999Z"), (4_102_444_799_999_000, "2099-12-31T23:59:59.999Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000Z"),
        ]
    )
    func rfc3339(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text) == Timestamp(microseconds: microseconds))
    }

    @Test(
        "offsets, decimals and small letters are read",
        arguments: [
            ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31t22:30:00.5-01:30", 500_000),
            ("1970-01-01 00:00:01z", 1_000_000), ("1970-01-01T00:00:00.1234567Z", 123_456),
            ("1990-12-31T23:59:60Z", 662_687_999_000_000),
        ]
    )
    func lenient(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(
        "what is no instant is refused",
        arguments: [
            "", "2026", "2026-01-01", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx",
            "2026-01-01T00:00:00+1:00",
        ]
    )
    func refused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("SHA-256 gives the digests of FIPS 180-4, whatever the length and the pieces")
    func digest() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let two = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        #expect(SHA256.hexadecimal([]) == empty)
        #expect(SHA256.hexadecimal(Array("abc".utf8)) == abc)
        #expect(
            SHA256.hexadecimal(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)) == two
        )
        var hash = SHA256()
        for byte in "abc".utf8 { hash.update([byte]) }
        #expect(hash.finish().hexadecimal == abc)
    }

    @Test("a child's end, usage and signals are told apart")
    func children() throws {
        func end(_ script: String) throws -> Child.Status {
            try ProcessSpawn(path: "/bin/sh", arguments: ["sh", "-c", script]).start().wait().0
        }
        #expect(try end("exit 7") == .exited(7))
        #expect(try end("kill -9 $$") == .signalled(9))
        #expect(throws: LinuxError("posix_spawn", "/no/such", errno: 2)) {
            _ = try ProcessSpawn(path: "/no/such", arguments: ["x"]).start().pid
        }
    }
}

import Linux
import Postgres
import TestSupport
import Testing

@Suite("Postgres: values", .timeLimit(.minutes(1)))
struct PostgresValueTests {
    private static let scalars = PostgresStatement(
        "scalars",
        """
        select $1::bool, $2::int4, $3::int8, $4::float8, $5::text, $6::bytea, $7::uuid, $8::timestamptz,
            $9::int2, $10::float4
        """
    )

    @Test("scalars of every type come back as they went")
    func scalarsComeBack() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try PostgresConnection.open(database)
            let id = try #require(UUID("0190a5b3-7c1e-7def-8123-456789abcdef"))
            let time = Timestamp(microseconds: -1_234_567)
            let text = "naïve 🐾 \u{1}\u{7f}\" ' \\"
            let row = try #require(
                try connection.query(
                    Self.scalars,
                    [
                        true, .int32(.min), .int64(.max), .double(-0.1), .text(text), .bytes([0, 255, 92]),
                        .uuid(id), .timestamp(time), .int64(-32768), .double(0.5),
                    ]
                ).first
            )
            #expect(try row.bool(0))
            #expect(try row.int32(1) == .min)
            #expect(try row.int64(2) == .max)
            #expect(try row.double(3) == -0.1)
            #expect(try row.text(4) == text)
            #expect(try row.bytes(5) == [0, 255, 92])
            #expect(try row.withBytes(5) { span in span.count } == 3)
            #expect(try row.uuid(6) == id)
            #expect(try row.timestamp(7) == time)
            #expect(try row.int64(8) == -32768)
            #expect(try row.double(9) == 0.5)
        }
    }

    @Test("NULL comes back as nil, and is refused where a value is asked for")
    func nullsComeBack() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try PostgresConnection.open(database)
            let nulls = [PostgresValue](repeating: .null, count: 10)
            let row = try #require(try connection.query(Self.scalars, nulls).first)
            #expect(try row.optionalBool(0) == nil)
            #expect(try row.optionalInt32(1) == nil)
            #expect(try row.optionalInt64(2) == nil)
            #expect(try row.optionalDouble(3) == nil)
            #expect(try row.optionalText(4) == nil)
            #expect(try row.optionalBytes(5) == nil)
            #expect(try row.optionalUUID(6) == nil)
            #expect(try row.optionalTimestamp(7) == nil)
            let error = #expect(throws: PostgresError.self) { try row.text(4) }
            #expect(error?.kind == .misuse)
            #expect(error?.message.contains("\"text\"") == true)
        }
    }

    @Test("arrays of every type, with NULLs or empty, come back as they went")
    func arraysComeBack() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try PostgresConnection.open(database)
            let arrays = PostgresStatement(
                "arrays",
                """
                select $1::bool[], $2::int4[], $3::int8[], $4::float8[], $5::text[], $6::bytea[], $7::uuid[],
                    $8::timestamptz[], $9::int8[]
                """
            )
            let id = UUID(high: 1, low: .max)
            let time = Timestamp(microseconds: 1_700_000_000_000_001)
            let row = try #require(
                try connection.query(
                    arrays,
                    [
                        .bools([true, nil, false]), .int32s([1, nil, .min]), .int64s([nil, .max]),
                        .doubles([1.5, nil]), .texts(["", nil, "NULL", "ä,{}\""]),
                        .byteStrings([[], nil, [0]]),
                        .uuids([id, nil]), .timestamps([nil, time]), .int64s([]),
                    ]
                ).first
            )
            #expect(try row.bools(0) == [true, nil, false])
            #expect(try row.int32s(1) == [1, nil, .min])
            #expect(try row.int64s(2) == [nil, .max])
            #expect(try row.doubles(3) == [1.5, nil])
            #expect(try row.texts(4) == ["", nil, "NULL", "ä,{}\""])
            #expect(try row.byteStrings(5) == [[], nil, [0]])
            #expect(try row.uuids(6) == [id, nil])
            #expect(try row.timestamps(7) == [nil, time])
            #expect(try row.int64s(8) == [])
        }
    }

    @Test("a batch of rows goes through unnest, larger than the first arena")
    func batchThroughUnnest() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try PostgresConnection.open(database)
            let ids = (0..<2000).map { UUID(high: 7, low: UInt64($0)) }
            let texts = (0..<2000).map { String(repeating: "x", count: $0 % 50) }
            let sum = PostgresStatement(
                "sum",
                "select count(distinct i), sum(length(t)) from unnest($1::uuid[], $2::text[]) as b (i, t)"
            )
            let row = try #require(try connection.query(sum, [.uuids(ids), .texts(texts)]).first)
            #expect(try row.int64(0) == 2000)
            #expect(try row.int64(1) == Int64(texts.reduce(0) { $0 + $1.utf8.count }))
        }
    }

    @Test("text with U+0000 is refused before it is sent, and names the parameter")
    func zeroIsRefused() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try PostgresConnection.open(database)
            let error = #expect(throws: PostgresError.self) {
                try connection.query("select $1::int8, $2::text", [1, "a\0b"])
            }
            #expect(error?.kind == .misuse)
            #expect(
                error?.message == "parameter $2 holds U+0000 at byte 1, which Postgres cannot store in text"
            )
            #expect(try connection.query("select 1").count == 1)
        }
    }

    @Test("a value that does not fit the server's type is refused before it is sent")
    func unfitIsRefused() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try PostgresConnection.open(database)
            let refused: [(String, [PostgresValue])] = [
                ("select $1::uuid", [1]), ("select $1::int4", [.int64(.max)]),
                ("select $1::int8", [.int64s([1])]),
                ("select $1::int8, $2::int8", [1]),
            ]
            for (sql, parameters) in refused {
                let error = #expect(throws: PostgresError.self) { try connection.query(sql, parameters) }
                #expect(error?.kind == .misuse, "\(sql)")
            }
            let lenient = try #require(
                try connection.query("select $1::jsonb ->> 'a'", [#"{"a":"ok"}"#]).first
            )
            #expect(try lenient.text(0) == "ok")
        }
    }

    @Test(
        "a UUID's text form reads and writes",
        arguments: ["0190a5b3-7c1e-7def-8123-456789abcdef", "00000000-0000-0000-0000-00000000000a"]
    )
    func uuidText(text: String) throws {
        #expect(UUID(text)?.description == text)
        #expect(UUID(text.uppercased()) == UUID(text))
        #expect(UUID(String(text.dropLast())) == nil)
        #expect(UUID(text.replacing("-", with: "0")) == nil)
        #expect(UUID(text.replacing("a", with: "g")) == nil)
    }
}

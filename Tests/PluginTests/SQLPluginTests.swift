import JSON
import Linux
import Postgres
import TestSupport
import Testing

@Suite("sql talks to Postgres with values beside the statement")
struct SQLPluginTests {
    private static let program = "plugins/sql/sql.py"

    /// A prompt before an empty database.
    private func prompt() async throws -> Prompt {
        let server = try await TestServers.postgres()
        return try await onOwnThread {
            let name = "sql_\(UInt32.random(in: 0 ... .max))"
            try server.createDatabase(name)
            let folder = try TestServers.folder()
            try Files.write("\(folder)/database_url", Array(server.url(database: name).utf8))
            return Prompt(environment: ["CREDENTIALS_DIRECTORY": folder])
        }
    }

    @Test("values of every kind go in and come out")
    func values() async throws {
        let sql = """
            SELECT $1::bigint AS i, $2::float8 AS f, $3::boolean AS b, $4::text AS t, $5::jsonb AS j,
                $6::text AS n, $7::numeric AS exact
            """
        let parameters: JSONValue = [
            9_007_199_254_740_993, 0.1, true, "'; DROP TABLE x; --", ["a": [1]], nil, 1,
        ]
        let answer = try await prompt().run(
            [Self.program, "query"],
            ["sql": .string(sql), "parameters": parameters]
        )
        let row: JSONValue = [
            "i": 9_007_199_254_740_993, "f": 0.1, "b": true, "t": "'; DROP TABLE x; --", "j": ["a": [1]],
            "n": nil, "exact": "1",
        ]
        #expect(answer.output == ["rows": [row]], "\(answer.log)")
    }

    @Test("all statements or none, and a query changes nothing")
    func transaction() async throws {
        let prompt = try await prompt()
        func execute(_ statements: JSONValue) throws -> Prompt.Answer {
            try prompt.run([Self.program, "execute"], ["statements": statements])
        }
        let insert = JSONValue.string("INSERT INTO t VALUES ($1) RETURNING n")
        let made = try execute([
            ["sql": "CREATE TABLE t (n int PRIMARY KEY)"], ["sql": insert, "parameters": [1]],
        ])
        #expect(made.output?["affected"] == 1)
        #expect(made.output?["results"]?.arrayValue?.last?["rows"] == [["n": 1]])
        let failed = try execute([
            ["sql": insert, "parameters": [2]], ["sql": insert, "parameters": [1]],
        ])
        #expect(failed.status == 65)
        #expect(failed.output?["details"]?["sqlstate"] == "23505")
        let count = try prompt.run([Self.program, "query"], ["sql": "SELECT count(*) AS n FROM t"])
        #expect(count.output == ["rows": [["n": 1]]])
        let write = try prompt.run([Self.program, "query"], ["sql": "DELETE FROM t"])
        #expect(write.output?["details"]?["sqlstate"] == "25006")
        let two = try prompt.run([Self.program, "query"], ["sql": "SELECT 1; SELECT 2"])
        #expect(two.output?["details"]?["sqlstate"] == "42601")
    }

    @Test("once under one key, also by eight at a time")
    func once() async throws {
        let prompt = try await prompt()
        _ = try prompt.run([Self.program, "execute"], ["sql": "CREATE TABLE t (n serial, x text)"])
        let insert: JSONValue = [
            "sql": "INSERT INTO t (x) VALUES ($1) RETURNING n", "parameters": ["a"], "once": true,
        ]
        let keyed = prompt.with(key: "run/book")
        let outputs = try await withThrowingTaskGroup(of: JSONValue?.self) { group in
            for _ in 1...8 {
                group.addTask {
                    try await onOwnThread { try keyed.run([Self.program, "execute"], insert).output }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outputs.allSatisfy { $0 == outputs[0] && $0?["affected"] == 1 }, "\(outputs)")
        let count = try prompt.run([Self.program, "query"], ["sql": "SELECT count(*) AS n FROM t"])
        #expect(count.output == ["rows": [["n": 1]]])
        _ = try prompt.with(key: "run/other").run([Self.program, "execute"], insert)
        let after = try prompt.run([Self.program, "query"], ["sql": "SELECT count(*) AS n FROM t"])
        #expect(after.output == ["rows": [["n": 2]]])
    }

    @Test("what another attempt may cure says so; the server ends what has no time left")
    func refusals() async throws {
        var prompt = try await prompt()
        let refused = try prompt.run(
            [Self.program, "execute"],
            ["sql": "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$"]
        )
        #expect(refused.status == 75)
        #expect(refused.output?["retryable"] == true)
        let many: JSONValue = ["sql": "SELECT generate_series(1, 11)", "limit": 10]
        #expect(try prompt.run([Self.program, "query"], many).status == 65)
        prompt.environment["PAWL_DEADLINE"] = "2020-01-01T00:00:00Z"
        let late = try prompt.run([Self.program, "query"], ["sql": "SELECT pg_sleep(60)"])
        #expect(late.output?["details"]?["sqlstate"] == "57014")
    }
}

import JSON
import Linux
import TestSupport
import Testing

@testable import Executors
@testable import HTTP
@testable import Scheduler

/// Damaged input of every kind is taken or refused, and brings nothing down.
///
/// `PAWL_INPUT_ROUNDS` and `PAWL_INPUT_SEED` say how much of it, and from which seed on.
@Suite("Damaged input")
struct InputMutationTests {
    private static let rounds = Int(TestSettings.number("PAWL_INPUT_ROUNDS") ?? 3_000)
    private static let fragments = [
        "{", "}", "[", "]", "\"", ":", ",", "\\u0000", "\\ud800", "\u{feff}", "1e999", "-0", "null",
        "\u{0}", "\n", "\r\n", "0", " ", "\"type\":", "\"id\":", "\"result\":", "é",
    ]

    private static func mutator(_ sources: [[UInt8]], _ more: [String] = []) -> ByteMutator {
        let seed = TestSettings.number("PAWL_INPUT_SEED") ?? .random(in: 0...UInt64.max)
        return ByteMutator(sources, fragments: fragments + more, seed: seed)
    }

    @Test("JSON: a value that was read is read again from what is written of it")
    func json() throws {
        var mutator = Self.mutator(try JSONSuiteCase.all.get().map(\.document))
        for round in 0..<Self.rounds {
            guard let value = try? JSONValue.parse(mutator.next()) else { continue }
            #expect(try JSONValue.parse(value.serialized()) == value, "seed \(mutator.seed), round \(round)")
        }
    }

    @Test("YAML: a definition compiles, or is refused with a place for each mistake")
    func yaml() throws {
        let names = ["Tests/Fixtures/definitions/whole-language", "examples/order-fulfilment/workflow"]
        let sources = try names.map { try Files.read("\(TestPrograms.repository)/\($0).yaml") }
        var mutator = Self.mutator(
            sources,
            ["${", "- ", "&a ", "*a", "<<: ", "!!binary ", "|\n", "? ", "%YAML"]
        )
        for round in 0..<Self.rounds / 10 {
            let compilation = DefinitionCompiler.compile(String(decoding: mutator.next(), as: UTF8.self))
            let isRefused = compilation.diagnostics.contains { $0.line < 1 || $0.column < 1 }
            #expect(!isRefused, "seed \(mutator.seed), round \(round): \(compilation.diagnostics)")
        }
    }

    @Test("control messages: each line is one, or says why not")
    func control() {
        let lines = [
            #"{"type":"heartbeat","checkpoint":{"at":7}}"#, #"{"type":"extend","by":"30s"}"#,
            #"{"type":"log","level":"info","message":"half","fields":{"n":1}}"#,
            #"{"type":"result","output":[1,2]}"#, #"{"type":"mask","value":"secret"}"#,
            #"{"type":"error","error":{"type":"Declined","message":"no","retryable":false}}"#,
            #"{"type":"artifact","name":"a","path":"b"}"#, #"{"type":"defer","timeout":"1h"}"#,
        ]
        var mutator = Self.mutator(lines.map { Array($0.utf8) }, ["30s", "-1ms", "99999999999999999999d"])
        for round in 0..<Self.rounds {
            let line = mutator.next()
            guard case .unreadable(let reason, _) = ControlMessage.read(line) else { continue }
            #expect(!reason.isEmpty, "seed \(mutator.seed), round \(round)")
        }
    }

    @Test("warm frames: no line is taken for the answer to a request that it does not name")
    func warm() {
        let lines = [
            #"{"id":1,"result":{"protocol":1,"concurrency":4}}"#, #"{"id":7,"result":{"rows":[]}}"#,
            #"{"id":8,"error":{"type":"Exit","message":"no"}}"#, #"{"id":9,"type":"log","message":"x"}"#,
        ]
        var mutator = Self.mutator(lines.map { Array($0.utf8) }, ["9223372036854775808", "1.0", "\"7\""])
        for round in 0..<Self.rounds {
            let line = mutator.next()
            guard case .message(let request, _) = WarmFrame.read(line) else { continue }
            let named = (try? JSONValue.parse(line))?["id"]?.integerValue
            #expect(named == Int64(request), "seed \(mutator.seed), round \(round)")
        }
    }
}

extension OwnProcessTests {
    @Suite("Damaged requests")
    struct RequestMutationTests {
        @Test("the server answers the next request as if nothing had been")
        func requests() async throws {
            let rounds = Int(TestSettings.number("PAWL_INPUT_ROUNDS") ?? 3_000) / 15
            let seed = TestSettings.number("PAWL_INPUT_SEED") ?? .random(in: 0...UInt64.max)
            try await onOwnThread {
                let dev = try PawlProcess(["dev", "--port", "0", "--data", "\(try TestServers.folder())/dev"])
                let address = try dev.ready()
                var mutator = ByteMutator(Self.requests, fragments: Self.fragments, seed: seed)
                for round in 0..<rounds {
                    try Self.send(mutator.next(), to: address)
                    guard round % 20 == 19 || round == rounds - 1 else { continue }
                    let health = try PawlAPI(address).get("/readyz")
                    #expect(health.status == 200, "seed \(seed), round \(round): \(health.text)")
                }
                #expect(dev.isRunning, "seed \(seed): \(dev.errors.text.suffix(1_000))")
                try dev.stop()
            }
        }

        private static let requests = [
            "GET /v1/runs?status=running&limit=5 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Idempotency-Key: k\r\nContent-Length: 20\r\n\r\n{\"workflow\": \"none\"}",
            "PUT /v1/workflows/w HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n1a\r\nname: w\nsteps: [{id: a, set: 1}]\r\n0\r\n\r\n",
            "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 7\r\n\r\n",
        ].map { Array($0.utf8) }

        private static let fragments = [
            "\r\n", "\r", "\n\n", " ", "HTTP/1.1", "HTTP/9.9", "%00", "%ff", "%", "../", "?", "&", "=",
            "\u{0}",
            "Content-Length: -1\r\n", "Content-Length: 99999999999\r\n", "Transfer-Encoding: chunked\r\n",
            "Expect: 100-continue\r\n", "Host: \r\n", "ffffffffffffffff\r\n", "\u{feff}",
            "Connection: close\r\n",
        ]

        /// Sends bytes and waits a moment for whatever comes.
        private static func send(_ bytes: [UInt8], to address: String) throws {
            let connection = try ClientConnection(to: HTTPURL(address), .now + .seconds(5))
            try? connection.write(bytes, .now + .seconds(1))
            _ = try? connection.read(limit: 65_536, .now + .milliseconds(30))
        }
    }
}

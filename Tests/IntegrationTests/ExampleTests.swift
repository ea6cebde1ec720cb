import JSON
import Linux
import Postgres
import TestSupport
import Testing

@Suite("The examples do what they say")
struct ExampleTests {
    private static func text(_ path: String) throws -> String {
        String(decoding: try Files.read("\(TestPrograms.repository)/examples/\(path)"), as: UTF8.self)
    }

    /// Checks all that the expected file names of the run.
    private static func expect(_ run: JSONValue, _ expected: String) throws {
        for (member, value) in try JSONValue.parse(try text(expected)).objectValue ?? [:] {
            if member == "error" {
                for (name, part) in value.objectValue ?? [:] { #expect(run["error"]?[name] == part) }
            } else {
                #expect(run[member] == value, "\(member) of \(run.serialized())")
            }
        }
    }

    @Test("hello")
    func hello() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                try Self.text("hello/workflow.yaml"),
                input: try JSONValue.parse(Self.text("hello/input.json"))
            )
            try Self.expect(run, "hello/expected.json")
        }
    }

    @Test("order-fulfilment: one order ships, one is undone with stock and money back")
    func order() async throws {
        let state = try TestServers.folder()
        try await APIFixture.serve { api in
            try build(plugin: "pricing")
            let workflow = try Self.text("order-fulfilment/workflow.yaml")
            for name in ["", "-shipping-fails"] {
                var input =
                    try JSONValue.parse(Self.text("order-fulfilment/input\(name).json")).objectValue ?? [:]
                input["state"] = .string(state)
                let before = try books(state)
                let run = try api.run(workflow, input: .object(input))
                try Self.expect(run, "order-fulfilment/expected\(name).json")
                APILanguageTests.expectWhole(try api.history(run["id"]?.stringValue ?? ""))
                let isUnchanged = try books(state) == before
                #expect(isUnchanged == !name.isEmpty, "the books after \(run["status"]?.stringValue ?? "")")
            }
        }
    }

    @Test("etl loads the totals into Postgres, once")
    func etl() async throws {
        let database = try await TestServers.postgres()
        try await APIFixture.serve { api in
            let name = "etl_\(Random.bytes(6).hexadecimal)"
            _ = try database.createDatabase(name)
            let url = database.url(database: name)
            let run = try api.run(
                try Self.text("etl/workflow.yaml"),
                input: ["source": "sales.csv", "database_url": .string(url)]
            )
            try Self.expect(run, "etl/expected.json")
        }
    }

    private func build(plugin: String) throws {
        _ = try call([
            "make", "--silent", "-C",
            "\(TestPrograms.repository)/examples/order-fulfilment/plugins/\(plugin)",
        ])
    }

    /// What the shop has in stock and on its account.
    private func books(_ state: String) throws -> String {
        let plugins = "\(TestPrograms.repository)/examples/order-fulfilment/plugins"
        return try ["inventory/inventory.py stock", "payments/payments.pl balance | jq .balance"].map {
            command in
            try call(["sh", "-c", "echo '{}' | SHOP_STATE=\(state) \(plugins)/\(command)"])
        }.joined()
    }

    /// Runs a program to its end and gives what it wrote.
    private func call(_ arguments: [String]) throws -> String {
        let output = try Descriptor.memory(named: "output")
        let spawn = ProcessSpawn(
            path: "/usr/bin/env",
            arguments: ["env"] + arguments,
            environment: ThisProcess.environment().map { "\($0)=\($1)" },
            descriptors: [(output.number, 1), (2, 2)]
        )
        let status = try spawn.start().wait().0
        try output.seek(to: 0)
        let text = String(decoding: try output.readToEnd(), as: UTF8.self)
        guard status == .exited(0) else {
            throw NeverHappened(description: "\(arguments): \(status) \(text)")
        }
        return text
    }
}

import JSON
import Linux
import TestSupport
import Testing

@Suite("email hands letters to a mail server")
struct EmailPluginTests {
    private static let program = "plugins/email/email_send.py"

    /// Sends a letter with some members replaced.
    private static func send(
        _ port: Int64,
        _ change: JSONValue = [:],
        server more: JSONValue = [:],
        by prompt: Prompt = Prompt()
    ) throws -> Prompt.Answer {
        let server: JSONValue = ["host": "127.0.0.1", "port": .integer(port), "security": "none"]
        let letter: JSONValue = [
            "server": server.changed(by: more), "from": "Shop <shop@x.example>",
            "to": ["Ada <ada@y.example>"], "subject": "Your order, für Sie",
            "text": "It is on its way.\n.\nTruly",
        ]
        return try prompt.run([program], letter.changed(by: change))
    }

    @Test("a letter arrives as it was written, to all it is for")
    func letter() async throws {
        try await onOwnThread {
            let server = try LocalServer("mail")
            let answer = try Self.send(
                server.port,
                [
                    "cc": ["bob@y.example"], "bcc": ["eve@y.example"], "html": "<p>It is on its way.</p>",
                    "attachments": [["name": "bill.txt", "media_type": "text/plain", "text": "5 EUR"]],
                ]
            )
            #expect(answer.status == 0, "\(answer.log) \(String(describing: answer.output))")
            #expect(answer.output?["accepted"]?.arrayValue?.count == 3)
            let letter = try #require(server.letters().first)
            #expect(letter["from"]?.stringValue?.hasPrefix("FROM:<shop@x.example>") == true)
            #expect(letter["to"] == ["TO:<ada@y.example>", "TO:<bob@y.example>", "TO:<eve@y.example>"])
            let data = try #require(letter["data"]?.stringValue)
            #expect(data.contains("Cc: bob@y.example"))
            #expect(!data.contains("eve@y.example"))
            #expect(data.contains("multipart/alternative") && data.contains("filename=\"bill.txt\""))
            #expect(data.contains("It is on its way.\r\n..\r\nTruly"))
        }
    }

    @Test("every attempt of a step has the same Message-ID, another step another")
    func messageID() async throws {
        try await onOwnThread {
            let server = try LocalServer("mail")
            let ids = try ["a", "a", "b"].map {
                try Self.send(server.port, by: Prompt().with(key: $0)).output?["message_id"]
            }
            #expect(ids[0] == ids[1] && ids[1] != ids[2])
            #expect(ids[0]?.stringValue?.hasSuffix("@x.example>") == true)
        }
    }

    @Test("the password is a secret's, and a wrong one is refused for good")
    func password() async throws {
        try await onOwnThread {
            let server = try LocalServer("mail")
            let folder = try TestServers.folder()
            let prompt = Prompt(environment: ["CREDENTIALS_DIRECTORY": folder])
            let user: JSONValue = ["user": "shop"]
            let missing = try Self.send(server.port, server: user, by: prompt)
            #expect(missing.output?["type"] == "NoPassword")
            try Files.write("\(folder)/smtp_password", Array("sesame\n".utf8))
            #expect(try Self.send(server.port, server: user, by: prompt).status == 0)
            #expect(try server.letters().first?["user"] == "shop")
            try Files.write("\(folder)/smtp_password", Array("guess".utf8))
            let wrong = try Self.send(server.port, server: user, by: prompt)
            #expect(wrong.status == 65)
            #expect(wrong.output?["details"]?["status"] == 535)
        }
    }

    @Test("an address that is refused for good, for now, and one of several")
    func refused() async throws {
        try await onOwnThread {
            let server = try LocalServer("mail")
            let never = try Self.send(server.port, ["to": ["no@y.example"]])
            #expect(never.status == 65)
            #expect(never.output?["details"]?["status"] == 550)
            let later = try Self.send(server.port, ["to": ["no@y.example", "later@y.example"]])
            #expect(later.status == 75)
            let some = try Self.send(server.port, ["to": ["ada@y.example", "no@y.example"]])
            #expect(some.output?["accepted"] == ["ada@y.example"])
            #expect(some.output?["refused"]?["no@y.example"] == "550 no such user")
        }
    }

    @Test("no address smuggles a command in", arguments: ["x@y.example>\r\nDATA", "x\nRSET"])
    func smuggled(address: String) async throws {
        try await onOwnThread {
            let server = try LocalServer("mail")
            let answer = try Self.send(server.port, ["bcc": [.string(address)]])
            #expect(answer.output?["type"] == "InvalidMessage")
            #expect(answer.status == 65)
            #expect(try server.letters().isEmpty)
        }
    }

    @Test("a server without TLS gets nothing unless it may")
    func security() async throws {
        try await onOwnThread {
            let server = try LocalServer("mail")
            let answer = try Self.send(server.port, server: ["security": "starttls"])
            #expect(answer.output?["type"] == "NotSupported")
            #expect(try server.letters().isEmpty)
        }
    }
}

extension JSONValue {
    /// An object with some members replaced or added.
    fileprivate func changed(by others: JSONValue) -> JSONValue {
        guard case .object(var members) = self, case .object(let others) = others else { return self }
        for (key, value) in others { members[key] = value }
        return .object(members)
    }
}

import HTTP
import JSON
import Linux
import Scheduler

/// `/v1/session`: a browser trades a key for a cookie that no script can read.
struct SessionResource: Sendable {
    let api: API
    let gatekeeper: Gatekeeper

    static let lasting = Duration.seconds(12 * 3_600)

    var routes: [Route] {
        [
            Route("GET", "/v1/session", .plain { call throws(Problem) in Self.show(call) }),
            Route(
                "POST",
                "/v1/session",
                access: .open,
                body: .json,
                key: .ignored,
                .stored { call, reader, _ in try open(call, reader) }
            ),
            Route(
                "DELETE",
                "/v1/session",
                access: .role(.viewer),
                .stored { call, reader, _ in try end(call, reader) }
            ),
        ]
    }

    private static func show(_ call: Call) -> HTTPResponse {
        .json(["name": .string(call.principal), "role": .string(call.role.rawValue)])
    }

    private func open(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        guard let token = call.json["token"]?.stringValue else {
            throw Problem.invalid(
                "the request has mistakes",
                errors: [["pointer": "/token", "message": "“token” is an API key"]]
            )
        }
        let store = try reader.store
        let hash = Secret.hash(token)
        guard let key = try store.accessRights().keys.first(where: { $0.hash == hash }) else {
            throw Problem(401, "the key is not valid here; it may have been revoked")
        }
        let secret = Secret.make(prefix: "")
        let opened = try store.openSession(hash: Secret.hash(secret), key: key.name, lasting: Self.lasting)
        guard let expiry = opened else { throw Problem(401, "the key has just been revoked") }
        gatekeeper.forget()
        var response = HTTPResponse.json([
            "name": .string(key.name), "role": .string(key.role.rawValue),
            "expires_at": .string(expiry.rfc3339),
        ])
        response.headers.add("Set-Cookie", Self.cookie(secret, seconds: Self.lasting.components.seconds))
        return response
    }

    private func end(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        if let secret = Caller.session(call.request) {
            try reader.store.endSession(hash: Secret.hash(secret))
            gatekeeper.forget()
        }
        var response = HTTPResponse(status: 204)
        response.headers.add("Set-Cookie", Self.cookie("", seconds: 0))
        return response
    }

    private static func cookie(_ value: String, seconds: Int64) -> String {
        "\(Caller.cookie)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
    }
}

import HTTP
import JSON
import Scheduler

/// `/v1/tokens`: the keys that open the API.
struct TokensResource: Sendable {
    let api: API
    let gatekeeper: Gatekeeper

    var routes: [Route] {
        [
            Route(
                "GET",
                "/v1/tokens",
                access: .role(.admin),
                .stored { call, reader, _ in try list(call, reader) }
            ),
            Route(
                "POST",
                "/v1/tokens",
                access: .role(.admin),
                body: .json,
                key: .ignored,
                .stored { call, reader, _ in try create(call, reader) }
            ),
            Route(
                "DELETE",
                "/v1/tokens/{name}",
                access: .role(.admin),
                .stored { call, reader, _ in try revoke(call, reader) }
            ),
        ]
    }

    private func list(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        try .page(all: reader.store.accessRights().keys.map(Self.json), of: call)
    }

    private func create(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        guard let object = call.json.objectValue else {
            throw Problem.invalid("the body is an object with “name” and “role”")
        }
        var fields = FieldReader(object)
        fields.refuseUnknown(besides: ["name", "role"])
        let name = fields.text("name", isRequired: true) ?? ""
        let role = fields.choice("role", of: Role.allCases)
        fields.check("name", NamePattern.workflow.matches(name), "“name” is \(NamePattern.workflow)")
        guard fields.errors.isEmpty, let role else {
            throw Problem.invalid("the request has mistakes", errors: fields.errors)
        }
        let secret = Secret.make(prefix: "pawl_")
        let change = try reader.store.addKey(
            name: name,
            role: role,
            hash: Secret.hash(secret),
            by: call.principal
        )
        gatekeeper.forget()
        switch change {
        case .done: break
        case .nameTaken, .unknown: throw Problem.conflict("there is a key “\(name)” already; revoke it first")
        case .lastAdmin:
            throw Problem.conflict("the first key must be an admin's, or nobody could give out others")
        }
        return .json(
            ["name": .string(name), "role": .string(role.rawValue), "token": .string(secret)],
            status: 201
        )
    }

    private func revoke(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let name = call.parameter("name")
        let change = try reader.store.removeKey(name: name)
        gatekeeper.forget()
        switch change {
        case .done: return HTTPResponse(status: 204)
        case .unknown, .nameTaken: throw Problem.notFound("key “\(name)”")
        case .lastAdmin:
            throw Problem.conflict("“\(name)” is the last key of an admin; revoke the others first")
        }
    }

    private static func json(_ key: AccessKey) -> JSONValue {
        [
            "name": .string(key.name), "role": .string(key.role.rawValue),
            "created_at": .string(key.createdAt.rfc3339), "created_by": .string(key.createdBy),
        ]
    }
}

import HTTP
import JSON
import JSONSchema
import Linux
import Scheduler

/// `/v1/workflows`: definitions and their versions.
struct WorkflowsResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route("GET", "/v1/workflows", .stored { call, reader, _ in try list(call, reader) }),
            Route(
                "POST",
                "/v1/workflows/validate",
                access: .role(.viewer),
                body: .definition,
                .plain { call throws(Problem) in validate(call) }
            ),
            Route(
                "PUT",
                "/v1/workflows/{name}",
                body: .definition,
                .stored { call, reader, _ in try apply(call, reader) }
            ),
            Route("GET", "/v1/workflows/{name}", .stored { call, reader, _ in try show(call, reader) }),
            Route(
                "GET",
                "/v1/workflows/{name}/versions",
                .stored { call, reader, _ in try versions(call, reader) }
            ),
        ]
    }

    private func apply(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let source = String(decoding: call.request.body, as: UTF8.self)
        let compilation = DefinitionCompiler.compile(source)
        guard let workflow = compilation.workflow else { throw Self.problem(compilation) }
        let name = call.parameter("name")
        guard workflow.name == name else {
            throw Problem.invalid(
                "the definition is of workflow “\(workflow.name)”, the path names “\(name)”"
            )
        }
        let applied = try reader.store.apply(workflow, source: source, digest: compilation.digest)
        CrashPoint.pass("definitions.before-reply")
        var answer = JSONObject([
            ("name", .string(name)), ("version", .integer(Int64(applied.version))),
            ("new", .bool(applied.isNew)),
            ("digest", .string(compilation.digest)),
        ])
        answer["warnings"] = .array(compilation.diagnostics.map(Self.json))
        return .json(.object(answer), status: applied.isNew ? 201 : 200)
    }

    private func validate(_ call: Call) -> HTTPResponse {
        let source = String(decoding: call.request.body, as: UTF8.self)
        let compilation = DefinitionCompiler.compile(source)
        guard let workflow = compilation.workflow else { return Self.problem(compilation).response }
        return .json([
            "valid": true, "name": .string(workflow.name), "digest": .string(compilation.digest),
            "warnings": .array(compilation.diagnostics.map(Self.json)),
        ])
    }

    private func list(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let limit = try call.limit()
        let page = try reader.definitions.workflows(after: try call.nameCursor(), limit: limit)
        return .page(page.map(Self.json), cursor: page.count == limit ? page.last?.name : nil)
    }

    private func show(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let name = call.parameter("name")
        let version = try call.version()
        guard let stored = try reader.store.definition(of: name, version: version) else {
            throw Problem.notFound("workflow “\(name)”" + (version.map { " version \($0)" } ?? ""))
        }
        var object = JSONObject([
            ("name", .string(name)), ("version", .integer(Int64(stored.version))),
            ("digest", .string(stored.digest)), ("labels", RunJSON.labels(stored.compiled.labels)),
        ])
        object["description"] = RunJSON.text(stored.compiled.description)
        object["input"] = stored.compiled.input ?? .null
        object["source"] = .string(stored.source)
        return .json(.object(object))
    }

    private func versions(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let name = call.parameter("name")
        let limit = try call.limit()
        let after = try call.cursor()
        let page = try reader.definitions.versions(of: name, after: after, limit: limit)
        if page.isEmpty && after == nil { throw Problem.notFound("workflow “\(name)”") }
        return .page(
            page.map(Self.json),
            cursor: page.count == limit ? page.last.map { String($0.version) } : nil
        )
    }

    private static func json(_ summary: DefinitionSummary) -> JSONValue {
        [
            "name": .string(summary.name), "version": .integer(Int64(summary.version)),
            "digest": .string(summary.digest), "created_at": .string(summary.createdAt.rfc3339),
        ]
    }

    static func json(_ diagnostic: Diagnostic) -> JSONValue {
        var object = JSONObject([
            ("line", .integer(Int64(diagnostic.line))), ("column", .integer(Int64(diagnostic.column))),
            ("pointer", .string(diagnostic.path)), ("severity", .string(diagnostic.severity.rawValue)),
            ("message", .string(diagnostic.message)),
        ])
        object["hint"] = diagnostic.hint.map { .string($0) }
        return .object(object)
    }

    private static func problem(_ compilation: Compilation) -> Problem {
        let errors = compilation.diagnostics.filter { $0.severity == .error }
        let count = errors.count == 1 ? "1 mistake" : "\(errors.count) mistakes"
        return .invalid("the definition has \(count)", errors: compilation.diagnostics.map(json))
    }
}

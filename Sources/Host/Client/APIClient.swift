import HTTP
import JSON
import Linux

/// The API as the command line uses it.
///
/// What goes wrong becomes a failure with the exit code for it.
final class APIClient {
    let server: String
    private let http: HTTPClient
    private let token: String?

    /// `--server`, else PAWL_SERVER, else where `pawl dev` listens; the key is in PAWL_TOKEN or
    /// PAWL_TOKEN_FILE.
    init(_ invocation: Invocation) throws(CommandFailure) {
        let environment = ThisProcess.environment()
        server = invocation.value("server") ?? environment["PAWL_SERVER"] ?? "http://127.0.0.1:7295"
        token = try Self.token(environment)
        do {
            http = try HTTPClient(server)
        } catch {
            throw .usage("--server \(server): \(error)")
        }
    }

    private static func token(_ environment: [String: String]) throws(CommandFailure) -> String? {
        if let token = environment["PAWL_TOKEN"] { return token }
        guard let file = environment["PAWL_TOKEN_FILE"] else { return nil }
        do {
            let text = String(decoding: try Files.read(file, limit: 4_096), as: UTF8.self)
            return String(text.prefix { !$0.isWhitespace })
        } catch {
            throw CommandFailure(.configuration, "PAWL_TOKEN_FILE: \(error)")
        }
    }

    static let option = Option(
        "server",
        value: "URL",
        "the API; default PAWL_SERVER or http://127.0.0.1:7295"
    )

    func get(_ target: String, timeout: Duration = .seconds(30)) throws(CommandFailure) -> JSONValue {
        try send("GET", target, timeout: timeout)
    }

    /// The events of a stream, each handed to `take` as it comes, until the server ends it.
    func events(_ target: String, take: (JSONValue) -> Void) throws(CommandFailure) {
        do {
            var headers: HTTPHeaders = [:]
            if let token { headers.add("Authorization", "Bearer \(token)") }
            let stream = try http.stream("GET", target, headers: headers)
            guard stream.status < 400 else {
                let problem = try? JSONValue.parse(stream.readToEnd(silence: .seconds(30)))
                throw CommandFailure(status: stream.status, problem: problem ?? .null)
            }
            while let event = try stream.nextEvent(silence: .seconds(60)) {
                if let value = try? JSONValue.parse(event.data) { take(value) }
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.unreachable, "the stream from \(server) broke: \(error)")
        }
    }

    func post(
        _ target: String,
        _ body: JSONValue = .object([:]),
        headers: [(name: String, value: String)] = []
    ) throws(CommandFailure) -> JSONValue {
        try send("POST", target, type: "application/json", body: body.bytes(), headers: headers)
    }

    func send(
        _ method: String,
        _ target: String,
        type: String? = nil,
        body: [UInt8]? = nil,
        headers extra: [(name: String, value: String)] = [],
        timeout: Duration = .seconds(30)
    ) throws(CommandFailure) -> JSONValue {
        var headers = HTTPHeaders(extra)
        if let type { headers.add("Content-Type", type) }
        if let token { headers.add("Authorization", "Bearer \(token)") }
        let response: HTTPResponse
        do {
            response = try http.send(method, target, headers: headers, body: body, timeout: timeout)
        } catch {
            throw CommandFailure(
                .unreachable,
                "the server at \(server) cannot be reached: \(error)",
                hint: "start one with `pawl dev`, or name it with --server or PAWL_SERVER"
            )
        }
        let answer = (try? JSONValue.parse(response.bytes)) ?? .null
        guard response.status < 400 else { throw CommandFailure(status: response.status, problem: answer) }
        return answer
    }
}

extension CommandFailure {
    /// The failure that a problem of the API means, each mistake on a line.
    init(status: Int, problem: JSONValue) {
        let code: ExitCode =
            switch status {
            case 401, 403: .notAllowed
            case 404, 410: .notFound
            case 409: .conflict
            case 503, 429: .unreachable
            default: .failed
            }
        var lines = [problem["detail"]?.stringValue ?? "the server answered \(status)"]
        for error in problem["errors"]?.arrayValue ?? [] { lines.append("  " + Self.line(error)) }
        self.init(code, lines.joined(separator: "\n"))
    }

    /// `line 3, column 5: message (hint)`, or with a JSON pointer.
    static func line(_ error: JSONValue) -> String {
        var place = error["pointer"]?.stringValue ?? ""
        if let line = error["line"]?.integerValue, line > 0 {
            place = "line \(line), column \(error["column"]?.integerValue ?? 0)"
        }
        let message = error["message"]?.stringValue ?? ""
        let hint = error["hint"]?.stringValue.map { " (\($0))" } ?? ""
        return (place.isEmpty ? "" : "\(place): ") + message + hint
    }
}

import HTTP
import JSON
import Linux
import Scheduler

/// Serves the API: guards, routes, reads bodies, and answers problems as problems.
final class APIServer: Sendable {
    private let router: Router
    private let readers: ReaderPool
    private let server = Locked<HTTPServer?>(nil)
    private let port = Locked<UInt16>(0)

    init(routes: [Route], readers: ReaderPool) {
        router = Router(routes: routes)
        self.readers = readers
    }

    /// Listens; gives the port, which port 0 lets the kernel pick.
    func start(host: String, port: UInt16) throws(CommandFailure) -> UInt16 {
        do {
            let started = try HTTPServer(host: host, port: port) { [self] request, responder in
                serve(request, responder)
            }
            server.withLock { $0 = started }
            self.port.withLock { $0 = started.port }
            readers.start(count: 2)
            return started.port
        } catch {
            throw CommandFailure(.failed, "\(error)", hint: "choose another with --listen host:port")
        }
    }

    func stop() {
        server.withLock { $0 }?.stop()
        readers.stop()
    }

    private func serve(_ request: HTTPRequest, _ responder: Responder) {
        do throws(Problem) {
            let (route, parameters) = try router.route(request)
            try RequestGuard(port: port.withLock { $0 }).check(request, route: route)
            var call = Call(request: request, parameters: parameters)
            if route.body == .json { call.json = try Self.parse(request.body) }
            try perform(route, call, responder)
        } catch {
            responder.answer(error.response)
        }
    }

    private func perform(_ route: Route, _ call: Call, _ responder: Responder) throws(Problem) {
        switch route.handler {
        case .plain(let handle): responder.answer(try handle(call))
        case .stored(let handle):
            let taken = readers.submit(for: call.request.path, responder) { reader in
                try handle(call, reader, responder)
            }
            guard taken else { throw .unavailable("the server has too much to do") }
        }
    }

    /// An empty body is `null`, so that a call without one need not send `{}`.
    private static func parse(_ body: [UInt8]) throws(Problem) -> JSONValue {
        guard !body.isEmpty else { return .null }
        do {
            return try JSONValue.parse(body)
        } catch {
            let place: JSONValue = [
                "line": .integer(Int64(error.line)), "column": .integer(Int64(error.column)),
                "message": .string(error.message),
            ]
            throw .invalid("the body is not JSON: \(error)", errors: [place])
        }
    }
}

import HTTP
import JSON
import Linux
import Scheduler

/// Serves the API: guards, routes, reads bodies, and answers problems as problems.
final class APIServer: Sendable {
    private let router: Router
    private let readers: ReaderPool
    private let gatekeeper: Gatekeeper
    private let keys: CallKeys
    private let clock: @Sendable () -> Timestamp
    private let server = Locked<HTTPServer?>(nil)
    private let requestGuard = Locked(RequestGuard(port: 0, isLoopback: true))

    init(
        routes: [Route],
        readers: ReaderPool,
        gatekeeper: Gatekeeper,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        router = Router(routes: routes)
        self.readers = readers
        self.gatekeeper = gatekeeper
        keys = CallKeys(readers: readers)
        self.clock = clock
    }

    /// Listens; gives the port, which port 0 lets the kernel pick.
    func start(_ listen: ListenAddress) throws(CommandFailure) -> UInt16 {
        do {
            var limits = HTTPServer.Limits()
            limits.bodies[ImportsResource.path] = ImportsResource.bodyLimit
            let started = try HTTPServer(host: listen.host, port: listen.port, limits: limits) {
                [self] request, responder in serve(request, responder)
            }
            server.withLock { $0 = started }
            requestGuard.withLock {
                $0 = RequestGuard(port: started.port, isLoopback: listen.isLoopback)
            }
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
            let call = Call(request: request, parameters: parameters)
            if route.access == .open {
                let caller = try requestGuard.withLock { $0 }.admit(toOpen: route, request)
                return try perform(route, call, as: caller, responder)
            }
            if let rights = gatekeeper.rights {
                return try perform(route, call, as: try caller(of: request, route, rights), responder)
            }
            try submit(call, responder) { [self] reader in
                let rights = try gatekeeper.read { () throws(StoreError) in try reader.store }
                let caller = try caller(of: request, route, rights)
                return try answer(route, try call.read(as: caller, route), reader, responder)
            }
        } catch {
            responder.answer(error.response)
        }
    }

    private func caller(
        of request: HTTPRequest,
        _ route: Route,
        _ rights: AccessRights
    ) throws(Problem) -> Caller {
        try requestGuard.withLock { $0 }.admit(request, to: route, rights: rights, now: clock())
    }

    private func perform(
        _ route: Route,
        _ call: Call,
        as caller: Caller,
        _ responder: Responder
    ) throws(Problem) {
        let call = try call.read(as: caller, route)
        switch route.handler {
        case .plain(let handle): responder.answer(try handle(call))
        case .stored(let handle):
            try submit(call, responder) { [self] reader in
                try perform(route, handle, call, reader, responder)
            }
        }
    }

    /// Once for its `Idempotency-Key`, if the call has one and does not see to that itself.
    private func perform(
        _ route: Route,
        _ handle: CallKeys.Handle,
        _ call: Call,
        _ reader: Reader,
        _ responder: Responder
    ) throws -> HTTPResponse? {
        guard route.key == .kept, let key = call.idempotencyKey else {
            return try handle(call, reader, responder)
        }
        return try keys.perform(call, key, reader, responder, handle)
    }

    /// The same on a thread of the reader pool, where the keys have just been read.
    private func answer(
        _ route: Route,
        _ call: Call,
        _ reader: Reader,
        _ responder: Responder
    ) throws -> HTTPResponse? {
        switch route.handler {
        case .plain(let handle): try handle(call)
        case .stored(let handle): try perform(route, handle, call, reader, responder)
        }
    }

    private func submit(
        _ call: Call,
        _ responder: Responder,
        _ handle: @escaping @Sendable (Reader) throws -> HTTPResponse?
    ) throws(Problem) {
        guard readers.submit(for: call.request.path, responder, handle) else {
            throw .unavailable("the server has too much to do")
        }
    }
}

extension Call {
    /// The call with its caller and its parsed body.
    fileprivate func read(as caller: Caller, _ route: Route) throws(Problem) -> Call {
        var call = self
        call.principal = caller.name
        call.role = caller.role
        if route.method == "POST" { call.idempotencyKey = try Self.key(request) }
        if route.body == .json { call.json = try Self.parse(request.body) }
        return call
    }

    private static func key(_ request: HTTPRequest) throws(Problem) -> String? {
        let key = request.headers["Idempotency-Key"]
        if let key, !(1...256).contains(key.utf8.count) {
            throw .invalid("an Idempotency-Key has 1 to 256 bytes")
        }
        return key
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

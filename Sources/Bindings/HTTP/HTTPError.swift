/// Why a server cannot start or a request has no answer.
public enum HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    case cannotListen(address: String, reason: String)
    case invalidURL(String)
    /// Nobody listens there.
    case refused(address: String)
    case unreachable(address: String, reason: String)
    case timedOut(address: String)
    /// The connection was closed before the answer was complete.
    case closed(address: String)
    case malformedAnswer(String)

    public var description: String {
        switch self {
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        case .invalidURL(let text): "\"\(text)\" is no address of the form http://HOST:PORT or unix:/PATH"
        case .refused(let address): "nothing listens on \(address)"
        case .unreachable(let address, let reason): "cannot reach \(address): \(reason)"
        case .timedOut(let address): "no answer from \(address) in time"
        case .closed(let address): "\(address) closed the connection before it had answered"
        case .malformedAnswer(let reason): "the answer is not HTTP/1.1: \(reason)"
        }
    }
}

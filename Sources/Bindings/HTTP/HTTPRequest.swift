/// A request, read to its end.
public struct HTTPRequest: Sendable {
    public struct QueryItem: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public var method: String
    /// The path as it came, with its escapes and without the query.
    public var path: String
    /// The path cut at its slashes, then decoded: `/runs/a%2Fb` has the segments `runs` and `a/b`.
    public var segments: [String]
    /// Decoded, in order; `+` is a space, and a name without `=` has an empty value.
    public var query: [QueryItem]
    public var headers: HTTPHeaders
    public var body: [UInt8]
    /// The numeric address of the client, without its port; empty if it is not known.
    public var clientAddress: String

    /// Takes a target apart; nil if its escapes are wrong or do not decode to UTF-8.
    init?(method: String, target: String, headers: HTTPHeaders, clientAddress: String) {
        let origin = Self.originForm(target)
        let parts = origin.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, let segments = Self.segments(path),
            let query = Self.query(parts.count > 1 ? parts[1] : "")
        else { return nil }
        self.method = method
        self.path = String(path)
        self.segments = segments
        self.query = query
        self.headers = headers
        self.clientAddress = clientAddress
        body = []
    }

    /// The value of the first query item with a name.
    public func query(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// A proxy's absolute target, `http://host/path`, without what is before the path.
    private static func originForm(_ target: String) -> Substring {
        guard !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") else { return target[...] }
        let rest = target[scheme.upperBound...]
        return rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
    }

    private static func segments(_ path: Substring) -> [String]? {
        let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { PercentEncoding.decode($0) }
        let segments = parts.compactMap(\.self)
        return segments.count == parts.count ? segments : nil
    }

    private static func query(_ text: Substring) -> [QueryItem]? {
        var items: [QueryItem] = []
        for part in text.utf8.split(separator: UInt8(ascii: "&")) {
            let sides = part.split(
                separator: UInt8(ascii: "="),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard let name = PercentEncoding.decode(sides[0], plusIsSpace: true),
                let value = sides.count > 1 ? PercentEncoding.decode(sides[1], plusIsSpace: true) : ""
            else { return nil }
            items.append(QueryItem(name: name, value: value))
        }
        return items
    }
}

/// The escapes of a URI (RFC 3986 section 2.1).
public enum PercentEncoding {
    /// The text that stands behind escapes; nil for half an escape and for what is no UTF-8.
    static func decode(_ text: Substring.UTF8View, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
                else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A text as one segment of a path, or as a name or value of a query.
    public static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }
}

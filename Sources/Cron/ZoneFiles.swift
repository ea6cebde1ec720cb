import Linux

/// Reads the system's zone files: TZif (RFC 8536), of version 1 or later.
public struct ZoneFiles: Sendable {
    public let folder: String

    public init(folder: String = "/usr/share/zoneinfo") {
        self.folder = folder
    }

    /// Why there is no zone of a name.
    public enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        case unknown(name: String)
        /// The system has no zone files at all.
        case missing(folder: String)
        case damaged(path: String)

        public var description: String {
            switch self {
            case .unknown(let name): "there is no time zone “\(name)”"
            case .missing(let folder): "there are no time zones in \(folder): install tzdata"
            case .damaged(let path): "\(path) is no zone file (TZif)"
            }
        }
    }

    public func zone(_ name: String) throws(Failure) -> Zone {
        if name == "UTC" { return .utc }
        guard Self.isName(name) else { throw .unknown(name: name) }
        let path = "\(folder)/\(name)"
        guard let bytes = try? Files.read(path, limit: 1 << 20) else {
            throw Files.exists(folder) ? .unknown(name: name) : .missing(folder: folder)
        }
        // There are other files in the folder: tables and the like.
        guard bytes.starts(with: ZoneFileReader.magic) else { throw .unknown(name: name) }
        var reader = ZoneFileReader(bytes)
        guard let zone = reader.zone(called: name) else { throw .damaged(path: path) }
        return zone
    }

    /// All names, for hints; none where the system does not list them.
    public func names() -> [String] {
        guard let bytes = try? Files.read("\(folder)/tzdata.zi", limit: 4 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            switch words.first {
            case "Z" where words.count > 1: return String(words[1])
            case "L" where words.count > 2: return String(words[2])
            default: return nil
            }
        }
    }

    /// `Area/City`, which never leads out of the folder.
    private static func isName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            !part.isEmpty && part.first != "."
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                        UInt8(ascii: "+"), UInt8(ascii: "."):
                        true
                    default: false
                    }
                }
        }
    }
}

/// Reads one file from front to back; every read is nil beyond its end.
private struct ZoneFileReader {
    static let magic = Array("TZif".utf8)
    private static let headerLength = 44

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    private struct Header {
        var version: UInt8
        var standardMarks: Int
        var utcMarks: Int
        var leaps: Int
        var transitions: Int
        var types: Int
        var characters: Int

        /// Bytes of the block after it, whose times have so many bytes.
        func blockLength(timeLength: Int) -> Int {
            transitions * (timeLength + 1) + types * 6 + characters + leaps * (timeLength + 4)
                + standardMarks + utcMarks
        }
    }

    mutating func zone(called name: String) -> Zone? {
        guard var header = header() else { return nil }
        var timeLength = 4
        if header.version >= UInt8(ascii: "2") {
            // The first block is for readers of version 1.
            guard take(header.blockLength(timeLength: 4)) != nil, let second = self.header() else {
                return nil
            }
            (header, timeLength) = (second, 8)
        }
        return block(header, timeLength: timeLength, name: name)
    }

    private mutating func header() -> Header? {
        guard let bytes = take(Self.headerLength), bytes.starts(with: Self.magic) else { return nil }
        let start = bytes.startIndex
        let counts = (0..<6).map { index in
            Int(Self.integer(bytes[start + 20 + index * 4..<start + 24 + index * 4]))
        }
        guard counts.allSatisfy({ (0..<1 << 20).contains($0) }) else { return nil }
        return Header(
            version: bytes[start + 4],
            standardMarks: counts[1],
            utcMarks: counts[0],
            leaps: counts[2],
            transitions: counts[3],
            types: counts[4],
            characters: counts[5]
        )
    }

    private mutating func block(_ header: Header, timeLength: Int, name: String) -> Zone? {
        guard let times = take(header.transitions * timeLength), let indices = take(header.transitions),
            let typeBytes = take(header.types * 6)
        else { return nil }
        let types = Self.integers(typeBytes, every: 6, length: 4)
        guard let firstOffset = types.first, indices.allSatisfy({ Int($0) < types.count }),
            take(header.characters + header.leaps * (timeLength + 4) + header.standardMarks + header.utcMarks)
                != nil
        else { return nil }
        return Zone(
            name: name,
            transitions: Self.integers(times, every: timeLength, length: timeLength),
            offsets: indices.map { types[Int($0)] },
            firstOffset: firstOffset,
            rule: timeLength == 8 ? footer().flatMap(ZoneRule.init) : nil
        )
    }

    /// The line at the end, which only later versions have.
    private mutating func footer() -> String? {
        let line = rest.dropFirst().prefix { $0 != UInt8(ascii: "\n") }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private static func integers(_ bytes: ArraySlice<UInt8>, every width: Int, length: Int) -> [Int64] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: width).map { integer(bytes[$0..<$0 + length]) }
    }

    /// Signed, big-endian.
    private static func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
        let start: Int64 = (bytes.first ?? 0) < 0x80 ? 0 : -1
        return bytes.reduce(start) { $0 << 8 | Int64($1) }
    }
}

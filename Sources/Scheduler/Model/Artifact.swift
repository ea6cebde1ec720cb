import JSON

/// A file that an attempt has left with its run.
public struct Artifact: Sendable, Hashable {
    /// `TOKEN-NUMBER`, one of its run.
    public var id: String
    /// Letters, digits, `.`, `_` and `-`, not first a dot.
    public var name: String
    public var mediaType: String
    /// In bytes.
    public var size: Int
    public var sha256: String

    public init(id: String, name: String, mediaType: String, size: Int, sha256: String) {
        self.id = id
        self.name = name
        self.mediaType = mediaType
        self.size = size
        self.sha256 = sha256
    }

    /// The member by which a reference is known.
    public static let mark = "$artifact"

    /// `steps.ID.artifacts.NAME` in an expression, and what a step's input holds for the file.
    public var reference: JSONValue {
        [
            "\(Self.mark)": .string(id), "name": .string(name), "media_type": .string(mediaType),
            "size": .integer(Int64(size)), "sha256": .string(sha256),
        ]
    }

    /// Reads what ``reference`` wrote; nil for anything else.
    public init?(reference: JSONValue) {
        guard let id = reference[Self.mark]?.stringValue, let name = reference["name"]?.stringValue,
            Self.isName(name)
        else { return nil }
        self.init(
            id: id,
            name: name,
            mediaType: reference["media_type"]?.stringValue ?? Self.unknownType,
            size: reference["size"]?.integerValue.map { Int($0) } ?? 0,
            sha256: reference["sha256"]?.stringValue ?? ""
        )
    }

    public static let unknownType = "application/octet-stream"

    /// Whether a text may name an artifact, and so a file.
    public static func isName(_ text: String) -> Bool {
        (1...200).contains(text.utf8.count) && text.first != "."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// All references within a document, each once.
    public static func references(in document: JSONValue) -> [Artifact] {
        var found: [Artifact] = []
        var left = [document]
        while let value = left.popLast() {
            if let artifact = Artifact(reference: value) {
                if !found.contains(artifact) { found.append(artifact) }
                continue
            }
            switch value {
            case .array(let elements): left += elements
            case .object(let object): left += object.map(\.value)
            default: break
            }
        }
        return found.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }
}

extension StepResult {
    /// The references to the artifacts of the last attempt that left some, in the list of receipts.
    static func artifacts(in attempts: JSONValue) -> JSONValue? {
        attempts.arrayValue?.last { $0["artifacts"] != nil }?["artifacts"]
    }
}

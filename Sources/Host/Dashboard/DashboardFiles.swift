import Assets
import HTTP
import Linux

/// The dashboard's files: of the program, or of a folder where somebody works on them.
struct DashboardFiles: Sendable {
    struct File: Sendable {
        var bytes: [UInt8]
        var type: String
        /// A strong validator (RFC 9110 section 8.8.3): the SHA-256 of the bytes.
        var tag: String

        init(_ name: String, _ bytes: [UInt8]) {
            self.bytes = bytes
            type = DashboardFiles.type(of: name)
            tag = "\"\(SHA256.hexadecimal(bytes).prefix(32))\""
        }
    }

    private let embedded: [String: File]
    private let folder: String?

    init(folder: String?) {
        self.folder = folder
        embedded = Dictionary(uniqueKeysWithValues: Asset.all.map { ($0.name, File($0.name, $0.bytes)) })
    }

    /// A file by its exact name, so that no path leads elsewhere; nil for any other.
    subscript(name: String) -> File? {
        guard let file = embedded[name] else { return nil }
        guard let folder, let bytes = try? Files.read("\(folder)/\(name)") else { return file }
        return File(name, bytes)
    }

    private static let types = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8", "svg": "image/svg+xml",
    ]

    static func type(of name: String) -> String {
        types[String(name.split(separator: ".").last ?? "")] ?? "application/octet-stream"
    }
}

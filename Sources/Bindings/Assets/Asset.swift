import CDashboard

/// A file of the dashboard that is part of the program.
public struct Asset: Sendable {
    /// Its name in `Sources/Dashboard/www`.
    public let name: String
    public let bytes: [UInt8]

    private init(_ asset: pawl_asset) {
        name = String(cString: asset.name)
        bytes = Array(UnsafeBufferPointer(start: asset.bytes, count: asset.size))
    }

    /// All of them, copied once.
    public static let all: [Asset] = Array(
        (0...).lazy.map { Asset(pawl_dashboard_asset($0)) }.prefix { !$0.name.isEmpty }
    )
}

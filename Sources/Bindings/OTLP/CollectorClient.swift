import CCurl
import Glibc

/// Sends to an OpenTelemetry collector over HTTP, by libcurl; blocks, for one thread.
public final class CollectorClient {
    private let client: UnsafeMutableRawPointer?
    private let url: String
    private let headers: [String]

    /// - Parameters:
    ///   - url: Whole, such as `http://127.0.0.1:4318/v1/traces`.
    ///   - headers: What a collector asks for, such as an API key.
    public init(url: String, headers: [(name: String, value: String)] = []) {
        client = pawl_curl_open()
        self.url = url
        self.headers =
            ["Content-Type: application/x-protobuf"] + headers.map { "\($0.name): \($0.value)" }
    }

    deinit {
        if let client { pawl_curl_close(client) }
    }

    /// Posts a request of the protocol; nil when the collector has taken it, else what is wrong.
    public func post(_ body: [UInt8], timeoutMilliseconds: Int = 10_000) -> String? {
        guard let client else { return "libcurl has no memory" }
        let lines = headers.map { strdup($0) }
        defer { for line in lines { free(line) } }
        var pointers = lines.map { UnsafePointer($0) } + [nil]
        var status = 0
        var error = [CChar](repeating: 0, count: 256)
        let code = body.withUnsafeBytes { bytes in
            url.withCString { url in
                pointers.withUnsafeMutableBufferPointer { headers in
                    var post = pawl_post(
                        url: url,
                        headers: headers.baseAddress,
                        body: bytes.baseAddress,
                        length: bytes.count,
                        timeout_ms: timeoutMilliseconds
                    )
                    return pawl_curl_post(client, &post, &status, &error)
                }
            }
        }
        if code != 0 { return String(decoding: error.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) }
        return (200..<300).contains(status) ? nil : "the collector answered \(status)"
    }
}

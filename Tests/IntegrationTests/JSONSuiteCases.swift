import JSON
import Linux
import TestSupport

/// The documents of JSONTestSuite, with what a parser must do with each.
struct JSONSuiteCase: Sendable {
    enum Expectation: String { case accept, reject, either }

    let name: String
    let expectation: Expectation
    let document: [UInt8]

    static let all = Result {
        let path = "\(TestPrograms.repository)/Tests/Fixtures/json/cases.jsonl"
        return try Files.read(path).split(separator: UInt8(ascii: "\n")).map { line in
            let json = try JSONValue.parse(Array(line))
            return JSONSuiteCase(
                name: json["name"]?.stringValue ?? "",
                expectation: Expectation(rawValue: json["expect"]?.stringValue ?? "") ?? .either,
                document: decode(base64: json["base64"]?.stringValue ?? "")
            )
        }
    }

    /// RFC 4648, section 4.
    private static func decode(base64 text: String) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var (bytes, bits, count): ([UInt8], UInt32, Int) = ([], 0, 0)
        for character in text.utf8 {
            guard let digit = alphabet.firstIndex(of: character) else { continue }
            bits = bits << 6 | UInt32(digit)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }
}

import JSON

/// One line of `pawl expr --jsonl`: an expression with its input in, its result out.
public enum ExpressionLine {
    /// Answers `{"expr", "input"?, "bindings"?}` with `{"result": …}`, `{"undefined": true}` or `{"error":
    /// {"code", "position", "token", "message"}}`, all on one line.
    ///
    /// No `input` is undefined. Never fails: a line that cannot be read is answered with the error
    /// `InvalidLine`. Half a surrogate pair in the line counts as U+FFFD.
    public static func answer(_ line: String, in environment: Environment = .init()) -> String {
        do {
            let request = try JSONValue.parse(repairingSurrogates(in: line))
            guard case .string(let source)? = request["expr"] else {
                return answer(
                    ExpressionError(code: "InvalidLine", message: "a line needs a member \"expr\" of text")
                )
            }
            let bindings = request["bindings"]?.objectValue.map {
                Dictionary($0.map { ($0.key, $0.value) }) { $1 }
            }
            return answer(source, request["input"], bindings ?? [:], environment)
        } catch {
            return answer(ExpressionError(code: "InvalidLine", message: "not a line of JSON: \(error)"))
        }
    }

    /// JSON text whose escapes of half a surrogate pair, which no text can hold, are U+FFFD.
    public static func repairingSurrogates(in json: String) -> String { SurrogateRepair.repair(json) }

    private static func answer(
        _ source: String,
        _ input: JSONValue?,
        _ bindings: [String: JSONValue],
        _ environment: Environment
    ) -> String {
        do {
            let expression = try Expression(parsing: source)
            let result = try expression.evaluate(input, bindings: bindings, in: environment)
            let answer: JSONValue = result.map { ["result": $0] } ?? ["undefined": true]
            return answer.serialized()
        } catch {
            return answer(error)
        }
    }

    private static func answer(_ error: ExpressionError) -> String {
        let fault: JSONValue = [
            "code": .string(error.code),
            "position": error.position.map { .integer(Int64($0)) } ?? .null,
            "token": error.token.map { .string($0) } ?? .null,
            "message": .string(error.message),
        ]
        return JSONValue.object(["error": fault]).serialized()
    }
}

/// Replaces escapes of surrogates that have no partner, which JSON allows and Unicode text cannot hold.
private enum SurrogateRepair {
    static func repair(_ json: String) -> String {
        let bytes = Array(json.utf8)
        var repaired: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\") else {
                repaired.append(bytes[index])
                index += 1
                continue
            }
            let (length, isLone) = escape(bytes, at: index)
            repaired.append(contentsOf: isLone ? Array("\\ufffd".utf8) : Array(bytes[index..<index + length]))
            index += length
        }
        return String(decoding: repaired, as: UTF8.self)
    }

    /// The length of the escape at an index, a whole pair as one, and whether it is half a pair alone.
    private static func escape(_ bytes: [UInt8], at index: Int) -> (length: Int, isLone: Bool) {
        guard let unit = unit(bytes, at: index) else { return (min(2, bytes.count - index), false) }
        guard (0xD800...0xDFFF).contains(unit) else { return (6, false) }
        if unit < 0xDC00, let next = self.unit(bytes, at: index + 6), (0xDC00...0xDFFF).contains(next) {
            return (12, false)
        }
        return (6, true)
    }

    private static func unit(_ bytes: [UInt8], at index: Int) -> UInt16? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { return nil }
        return UInt16(String(decoding: bytes[(index + 2)..<(index + 6)], as: UTF8.self), radix: 16)
    }
}

import JSON
import Linux

/// The run's input as the command line gives it: `--input @FILE`, `--input -`, or `--input key=value` again
/// and again.
enum InputArguments {
    case document(JSONValue)
    case members([(key: String, text: String)])

    /// Reads them, and the file or stdin that they name, of at most `limit` bytes.
    ///
    /// - Throws: a usage failure with what is wrong and where.
    init(_ arguments: [String], limit: Int = 4 << 20) throws(CommandFailure) {
        if arguments.count == 1, let whole = try Self.document(arguments[0], limit) {
            self = .document(whole)
            return
        }
        var members: [(key: String, text: String)] = []
        for argument in arguments {
            guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
                throw .usage("--input takes key=value, @FILE or -, not “\(argument)”")
            }
            members.append(
                (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
            )
        }
        self = .members(members)
    }

    /// The input; in `key=value` the schema tells which values are texts.
    func input(schema: JSONValue?) -> JSONValue {
        switch self {
        case .document(let document): return document
        case .members(let members):
            var object = JSONObject()
            for member in members {
                object[member.key] = Self.value(member.text, schema: schema?["properties"]?[member.key])
            }
            return .object(object)
        }
    }

    private static func document(_ argument: String, _ limit: Int) throws(CommandFailure) -> JSONValue? {
        let bytes: [UInt8]
        let place: String
        if argument == "-" {
            guard let read = StandardStream.input.readToEnd(limit: limit) else {
                throw .usage("the input on stdin is larger than \(limit >> 20) MiB")
            }
            (bytes, place) = (read, "stdin")
        } else if argument.hasPrefix("@") {
            let path = String(argument.dropFirst())
            do {
                bytes = try Files.read(path, limit: limit)
            } catch {
                throw .usage("--input \(argument): \(error)")
            }
            place = path
        } else {
            return nil
        }
        do {
            return try JSONValue.parse(bytes)
        } catch {
            throw .usage("\(place) is not JSON: \(error)")
        }
    }

    /// Text where the schema says string, else JSON if it parses, else text.
    private static func value(_ text: String, schema: JSONValue?) -> JSONValue {
        if schema?["type"]?.stringValue == "string" { return .string(text) }
        return (try? JSONValue.parse(text)) ?? .string(text)
    }
}

import JSON
import Linux

/// The run's input as the command line gives it: `--input @FILE`, `--input -`, or `--input key=value` again
/// and again.
enum InputArguments {
    /// - Throws: a usage failure with what is wrong and where.
    static func input(_ arguments: [String], schema: JSONValue?) throws(CommandFailure) -> JSONValue {
        if arguments.count == 1, let whole = try document(arguments[0]) { return whole }
        var object = JSONObject()
        for argument in arguments {
            guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
                throw .usage("--input takes key=value, @FILE or -, not “\(argument)”")
            }
            let key = String(argument[..<equals])
            let text = String(argument[argument.index(after: equals)...])
            object[key] = value(text, schema: schema?["properties"]?[key])
        }
        return .object(object)
    }

    private static func document(_ argument: String) throws(CommandFailure) -> JSONValue? {
        let bytes: [UInt8]
        let place: String
        if argument == "-" {
            guard let read = StandardStream.input.readToEnd(limit: 4 << 20) else {
                throw .usage("the input on stdin is larger than 4 MiB")
            }
            (bytes, place) = (read, "stdin")
        } else if argument.hasPrefix("@") {
            let path = String(argument.dropFirst())
            do {
                bytes = try Files.read(path, limit: 4 << 20)
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

import JSON
import Scheduler
import YAML

/// Limits as a person gives them one by one, `memory=64MiB`, read as a manifest's `limits`.
public enum GivenLimits {
    public struct Failure: Error {
        public var message: String
    }

    /// - Throws: `Failure` with what is wrong with the first that cannot be read.
    public static func limits(_ arguments: [String]) throws(Failure) -> Limits? {
        if arguments.isEmpty { return nil }
        var text = ""
        for argument in arguments {
            guard let equals = argument.firstIndex(of: "=") else {
                throw Failure(message: "\"\(argument)\" is not KEY=VALUE, such as memory=64MiB")
            }
            let value = JSONValue.string(String(argument[argument.index(after: equals)...]))
            let isNumber = value.stringValue.flatMap(Double.init) != nil
            let written = isNumber ? value.stringValue ?? "" : value.serialized()
            text += "  \(JSONValue.string(String(argument[..<equals])).serialized()): \(written)\n"
        }
        let diagnostics = Diagnostics()
        let root: YAMLNode
        do {
            root = try YAMLNode.parse("limits:\n\(text)")
        } catch {
            throw Failure(message: error.message)
        }
        let fields = SourceValue(root: root, diagnostics: diagnostics).fields("limits", known: ["limits"])
        let limits = fields.map(SettingsReader.manifest.settings)?.limits
        if let first = diagnostics.all.first {
            let hint = first.hint.map { " (\($0))" } ?? ""
            throw Failure(message: first.message + hint)
        }
        return limits
    }
}

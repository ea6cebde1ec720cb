import JSON
import JSONSchema
import Linux
import Scheduler

/// What `pawl run export` writes of a run, checked.
struct RunDocument {
    /// Of this release.
    static let format: Int64 = 1

    let json: JSONValue
    let run: RunID

    /// Throws one problem with all mistakes, each at its pointer.
    init(_ json: JSONValue) throws {
        let found = json["format"]?.integerValue
        guard found == nil || found == Self.format else {
            throw Problem.invalid(
                "this release reads exports of format \(Self.format)",
                errors: [Self.mistake("/format", "format \(found ?? 0) is of another release")]
            )
        }
        var errors = try Self.schema.get().violations(of: json).map {
            Self.mistake($0.pointer.description, $0.message)
        }
        if errors.isEmpty { errors = Self.contradictions(in: json) }
        guard errors.isEmpty, let run = json["run"]?["id"]?.stringValue.flatMap({ RunID($0) }) else {
            throw Problem.invalid("the file is not what `pawl run export` writes", errors: errors)
        }
        self.json = json
        self.run = run
    }

    private static func mistake(_ pointer: String, _ message: String) -> JSONValue {
        ["pointer": .string(pointer), "message": .string(message)]
    }

    func items(_ part: String) -> [JSONValue] { json[part]?.arrayValue ?? [] }
}

// MARK: - What holds beyond the schema

extension RunDocument {
    private static func contradictions(in json: JSONValue) -> [JSONValue] {
        var errors: [JSONValue] = []
        if json["run"]?["id"]?.stringValue.flatMap({ RunID($0) }) == nil {
            errors.append(mistake("/run/id", "this is no id of a run"))
        }
        for (key, place) in [("workflow", "name"), ("version", "version")]
        where json["run"]?[key] != json["workflow"]?[place] {
            errors.append(mistake("/workflow/\(place)", "the run is of another \(key)"))
        }
        if let last = json["run"]?["last_seq"]?.integerValue,
            last != json["history"]?.arrayValue?.last?["seq"]?.integerValue
        {
            errors.append(mistake("/history", "the run has \(last) events"))
        }
        errors += disorder(in: json, "history", by: "seq") { $1 == ($0 ?? 0) + 1 }
        for (part, number) in [("steps", "number"), ("logs", "position")] {
            errors += disorder(in: json, part, by: number) { $0 ?? -1 < $1 }
        }
        return errors
    }

    /// The first element of a list whose number does not follow the one before.
    private static func disorder(
        in json: JSONValue,
        _ part: String,
        by member: String,
        follows: (Int64?, Int64) -> Bool
    ) -> [JSONValue] {
        var last: Int64?
        for (index, item) in (json[part]?.arrayValue ?? []).enumerated() {
            let number = item[member]?.integerValue ?? 0
            guard follows(last, number) else {
                let before = last.map { "after \($0)" } ?? "at first"
                return [
                    mistake("/\(part)/\(index)/\(member)", "\(member) \(number) does not come \(before)")
                ]
            }
            last = number
        }
        return []
    }
}

// MARK: - The schema

extension RunDocument {
    private static let schema = Result { () throws(SchemaError) in try Schema.compile(document) }

    /// A list of what a call answers, of which members must be there that the call may leave out.
    private static func list(_ name: String, with members: [String]) -> JSONValue {
        SchemaTerms.list(of: answer(name, with: members))
    }

    private static func answer(_ name: String, with members: [String]) -> JSONValue {
        let schema = APISchemas.answer(name)
        let required = (schema["required"]?.arrayValue ?? []) + members.map { .string($0) }
        return SchemaTerms.adding(["required": .array(required)], to: schema)
    }

    /// Open for what a later release adds.
    static let document = SchemaTerms.object(
        [
            "format": ["enum": [.integer(format)]],
            "run": answer("RunDetail", with: ["version", "labels", "compensation"]),
            "workflow": SchemaTerms.object(
                ["name": SchemaTerms.text, "version": SchemaTerms.number, "source": SchemaTerms.text],
                ["name", "version", "source"]
            ),
            "steps": list("Step", with: ["number"]), "history": list("Event", with: ["data"]),
            "logs": list("LogLine", with: ["position"]), "artifacts": list("Artifact", with: []),
        ],
        ["format", "run", "workflow", "steps", "history", "logs", "artifacts"]
    )
}

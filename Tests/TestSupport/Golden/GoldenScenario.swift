import JSON
import Linux

/// A workflow that is played once for its history, with what people do to it meanwhile.
public struct GoldenScenario: Sendable, CustomStringConvertible {
    public let name: String
    private let keys: String
    private let needs: [String]
    private let act: @Sendable (Installation, String) throws -> String

    public var description: String { name }

    /// - Parameters:
    ///   - name: Of the file; the workflow is called `golden-` and this.
    ///   - keys: The definition without its name.
    ///   - needs: Definitions of the workflows that it calls.
    ///   - act: What is done to the run; returns the run whose history is kept.
    init(
        _ name: String,
        _ keys: String,
        needs: [String] = [],
        act: @escaping @Sendable (Installation, String) throws -> String = { $1 }
    ) {
        self.name = name
        self.keys = keys
        self.needs = needs
        self.act = act
    }

    /// Plays it to its end and returns the run.
    public func play(on installation: Installation) throws -> String {
        let api = installation.api
        for definition in needs { try api.apply(definition) }
        let run = try act(installation, try api.start(try api.apply("name: golden-\(name)\n\(keys)")))
        _ = try api.end(of: run)
        return run
    }
}

extension PawlAPI {
    /// An action on a run; returns its answer.
    @discardableResult
    func act(_ action: String, on run: String, _ body: JSONValue? = nil) throws -> APIAnswer {
        let answer = try call("POST", "/v1/runs/\(run)/\(action)", body)
        guard (200..<300).contains(answer.status) else {
            throw NeverHappened(description: "\(action) of \(run): \(answer.status) \(answer.text)")
        }
        return answer
    }
}

import JSON

/// What a definition compiles to: a tree of scopes that hold nodes, joined by edges.
///
/// It is stored with the version and never compiled again, and the engine sees nothing else: no YAML, no
/// front end. Scopes and nodes are named by their index; indices are stable for a version.
public struct CompiledWorkflow: Sendable, Codable {
    /// The format that this release writes.
    public static let currentFormat = 1

    public var format: Int
    /// The release level that a server or worker needs to decide or run it.
    public var level: Int
    public var name: String
    public var description: String?
    public var labels: [String: String]
    /// JSON Schema of the run's input; nil accepts anything.
    public var input: JSONValue?
    /// The run's output; nil gives `null`.
    public var output: Program?
    public var timeoutMilliseconds: Int64?
    public var onFailure: FailurePolicy
    public var concurrency: RunConcurrency?
    /// What `defaults:` says for `uses` and `run` nodes.
    public var defaults: Settings
    /// Scope 0 is the root.
    public var scopes: [ScopeSpec]
    public var nodes: [NodeSpec]
    /// The scope of the `always:` steps.
    public var always: Int?

    public init(
        format: Int = currentFormat,
        level: Int = 1,
        name: String,
        description: String? = nil,
        labels: [String: String] = [:],
        input: JSONValue? = nil,
        output: Program? = nil,
        timeoutMilliseconds: Int64? = nil,
        onFailure: FailurePolicy = .compensate,
        concurrency: RunConcurrency? = nil,
        defaults: Settings = Settings(),
        scopes: [ScopeSpec],
        nodes: [NodeSpec],
        always: Int? = nil
    ) {
        self.format = format
        self.level = level
        self.name = name
        self.description = description
        self.labels = labels
        self.input = input
        self.output = output
        self.timeoutMilliseconds = timeoutMilliseconds
        self.onFailure = onFailure
        self.concurrency = concurrency
        self.defaults = defaults
        self.scopes = scopes
        self.nodes = nodes
        self.always = always
    }
}

/// What a failed run does with what it has done.
public enum FailurePolicy: String, Sendable, Codable, CaseIterable {
    case compensate, stop
}

/// `concurrency:` of a workflow: how many of its runs with one key may be live.
public struct RunConcurrency: Sendable, Codable, Hashable {
    public enum Conflict: String, Sendable, Codable, CaseIterable { case queue, reject, replace }
    public var key: Program
    public var limit: Int
    public var onConflict: Conflict

    public init(key: Program, limit: Int, onConflict: Conflict = .queue) {
        self.key = key
        self.limit = limit
        self.onConflict = onConflict
    }
}

/// Something to evaluate, tagged with its language.
public struct Program: Sendable, Codable, Hashable {
    public enum Language: String, Sendable, Codable {
        /// `source` is a JSON tree whose strings may hold `${ … }` with JSONata.
        case template
        /// `source` is a string, one JSONata expression.
        case jsonata
    }
    public var language: Language
    public var source: JSONValue

    public init(_ language: Language = .template, _ source: JSONValue) {
        self.language = language
        self.source = source
    }
}

/// A scope: nodes that start, fail and end together.
public struct ScopeSpec: Sendable, Codable, Hashable {
    public enum Kind: String, Sendable, Codable {
        /// Nodes start when those that they need have ended.
        case dag
        /// One cursor that follows next-edges and may come back.
        case machine
        /// A node of the scope emits further nodes while it runs.
        case program
    }
    public var kind: Kind
    /// The node that opens this scope; nil for the root and for `always`.
    public var owner: Int?
    /// The scope that encloses it; nil for the root and for `always`.
    public var parent: Int?
    /// Its nodes, in the order written.
    ///
    /// Handlers and compensations are no members.
    public var nodes: [Int]
    /// Where a machine's cursor starts.
    public var start: Int?
    /// The scope's output; nil gives the object of its steps' outputs.
    public var output: Program?

    public init(
        kind: Kind = .dag,
        owner: Int? = nil,
        parent: Int? = nil,
        nodes: [Int] = [],
        start: Int? = nil,
        output: Program? = nil
    ) {
        self.kind = kind
        self.owner = owner
        self.parent = parent
        self.nodes = nodes
        self.start = start
        self.output = output
    }
}

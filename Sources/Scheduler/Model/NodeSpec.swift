import JSON

/// One node of the compiled form: a step as written, or one that the compiler adds.
public struct NodeSpec: Sendable, Codable, Hashable {
    /// What the node is there for.
    ///
    /// Handlers and compensations start by what happens to another node.
    public enum Role: Sendable, Codable, Hashable {
        case step
        case handler(of: Int)
        case compensation(of: Int)
    }

    /// The segment of its path: the step's `id`, for a compensation and a handler that of its node.
    public var id: String
    public var role: Role
    public var scope: Int
    public var description: String?
    /// Where it stands in the source, from 1; 0 when the source has no places.
    public var line: Int
    /// The siblings that must have ended before, in a `dag` scope.
    ///
    /// Read steps are in here already.
    public var needs: [Int]
    public var when: Program?
    public var action: Action
    public var forEach: ForEach?
    public var repeating: Repeat?
    /// Rules in order, each with its own counter.
    ///
    /// One rule that `inherits` takes the keys it leaves out from the manifest, from `defaults` and from the
    /// engine.
    public var retry: [RetryRule]
    public var settings: Settings
    public var catches: [Catch]
    public var continuesOnError: Bool
    /// The node that undoes this one.
    public var compensation: Int?
    /// Variables set when the node has succeeded: a template that gives an object.
    public var assign: Program?
    /// Where a machine's cursor goes next, the first that holds; none ends the scope.
    public var next: [NextEdge]
    /// Replaces the action's own output.
    public var output: Program?

    public init(
        id: String,
        role: Role = .step,
        scope: Int,
        description: String? = nil,
        line: Int = 0,
        needs: [Int] = [],
        when: Program? = nil,
        action: Action,
        forEach: ForEach? = nil,
        repeating: Repeat? = nil,
        retry: [RetryRule] = [],
        settings: Settings = Settings(),
        catches: [Catch] = [],
        continuesOnError: Bool = false,
        compensation: Int? = nil,
        assign: Program? = nil,
        next: [NextEdge] = [],
        output: Program? = nil
    ) {
        self.id = id
        self.role = role
        self.scope = scope
        self.description = description
        self.line = line
        self.needs = needs
        self.when = when
        self.action = action
        self.forEach = forEach
        self.repeating = repeating
        self.retry = retry
        self.settings = settings
        self.catches = catches
        self.continuesOnError = continuesOnError
        self.compensation = compensation
        self.assign = assign
        self.next = next
        self.output = output
    }
}

/// What a node does.
public enum Action: Sendable, Codable, Hashable {
    case plugin(PluginCall)
    case script(Script)
    /// A template that gives a duration (`10m`) or milliseconds.
    case sleep(Program)
    /// A template that gives an RFC 3339 time.
    case until(Program)
    case wait(SignalWait)
    case child(ChildCall)
    case group(scope: Int)
    case set(Program)
    case choice([Branch])
    case fail(type: Program, message: Program)
    /// Nothing but its edges and its `output`: a choice state, a pass state, a handler that is only
    /// `output:`.
    case pass
    /// A process that emits nodes while it runs, each with a spec of its own.
    case program(PluginCall)
}

/// `uses: plugin/action[@version]` with its input.
public struct PluginCall: Sendable, Codable, Hashable {
    public var plugin: String
    public var action: String
    public var version: String?
    public var with: Program?

    public init(plugin: String, action: String, version: String? = nil, with: Program? = nil) {
        self.plugin = plugin
        self.action = action
        self.version = version
        self.with = with
    }
}

/// `run:`, an inline script; the file's path is added to `shell`.
public struct Script: Sendable, Codable, Hashable {
    public enum Capture: String, Sendable, Codable, CaseIterable { case text, json, lines, none }
    public var shell: [String]
    public var source: String
    public var capture: Capture
    public var with: Program?

    public init(shell: [String], source: String, capture: Capture = .text, with: Program? = nil) {
        self.shell = shell
        self.source = source
        self.capture = capture
        self.with = with
    }
}

/// `wait:`, an external signal.
public struct SignalWait: Sendable, Codable, Hashable {
    public var signal: Program
    public var timeout: Program?
    public var fallback: Program?

    public init(signal: Program, timeout: Program? = nil, fallback: Program? = nil) {
        self.signal = signal
        self.timeout = timeout
        self.fallback = fallback
    }
}

/// `workflow:`, a child run.
public struct ChildCall: Sendable, Codable, Hashable {
    public var workflow: String
    public var version: String?
    public var with: Program?

    public init(workflow: String, version: String? = nil, with: Program? = nil) {
        self.workflow = workflow
        self.version = version
        self.with = with
    }
}

/// A branch of a `switch`; without `when` it always holds.
public struct Branch: Sendable, Codable, Hashable {
    public var when: Program?
    public var scope: Int

    public init(when: Program?, scope: Int) {
        self.when = when
        self.scope = scope
    }
}

/// A machine's edge; without `when` it always holds.
public struct NextEdge: Sendable, Codable, Hashable {
    public var when: Program?
    public var to: Int
    public var assign: Program?

    public init(when: Program? = nil, to: Int, assign: Program? = nil) {
        self.when = when
        self.to = to
        self.assign = assign
    }
}

/// An error edge.
///
/// In a `dag` the handler's output becomes the node's; in a machine the cursor moves to it.
public struct Catch: Sendable, Codable, Hashable {
    /// Error types; empty or with `*` any.
    public var on: [String]
    public var handler: Int
    public var assign: Program?

    public init(on: [String] = [], handler: Int, assign: Program? = nil) {
        self.on = on
        self.handler = handler
        self.assign = assign
    }
}

/// `foreach:`, one instance an item.
public struct ForEach: Sendable, Codable, Hashable {
    public enum Tolerance: Sendable, Codable, Hashable {
        case count(Int)
        case percent(Double)
    }
    public var items: Program
    public var itemName: String
    public var indexName: String
    public var maxConcurrency: Int?
    public var tolerate: Tolerance

    public init(
        items: Program,
        itemName: String = "item",
        indexName: String = "index",
        maxConcurrency: Int? = nil,
        tolerate: Tolerance = .count(0)
    ) {
        self.items = items
        self.itemName = itemName
        self.indexName = indexName
        self.maxConcurrency = maxConcurrency
        self.tolerate = tolerate
    }
}

/// `repeat:`, again until it holds.
public struct Repeat: Sendable, Codable, Hashable {
    public var until: Program
    public var delayMilliseconds: Int64
    public var max: Int?

    public init(until: Program, delayMilliseconds: Int64 = 0, max: Int? = nil) {
        self.until = until
        self.delayMilliseconds = delayMilliseconds
        self.max = max
    }
}

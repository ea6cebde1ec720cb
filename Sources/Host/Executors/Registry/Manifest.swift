import JSON
import JSONSchema
import Scheduler

/// What a `plugin.yaml` says.
public struct Manifest: Sendable {
    public var name: String
    public var version: PluginVersion
    /// In the order of the file.
    public var actions: [Action]
    public var warm: WarmRules?

    public struct Action: Sendable {
        public var name: String
        public var summary: String?
        /// The program and its arguments, as written.
        public var exec: [String]
        public var mode: Mode
        public var input: Schema?
        public var output: Schema?
        public var settings: Settings
        public var exitCodes: [Int32: ExitRule]
        public var examples: [Example]
        /// Where the action stands, from 1.
        public var line: Int
    }

    public enum Mode: String, Sendable, CaseIterable { case oneshot, warm }

    /// What an exit status of the program means.
    public struct ExitRule: Sendable, Hashable {
        public var type: String?
        public var retryable: Bool?
    }

    /// An input, and the output that it gives; nil where that depends.
    public struct Example: Sendable, Hashable {
        public var name: String
        public var input: JSONValue
        public var output: JSONValue?
    }

    /// How a warm process is kept.
    public struct WarmRules: Sendable, Hashable {
        public var concurrency: Int?
        public var maxRequests: Int?
        public var idleMilliseconds: Int64?
        public var startTimeoutMilliseconds: Int64?
        public var maxResidentBytes: Int64?
    }
}

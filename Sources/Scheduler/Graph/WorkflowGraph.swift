/// A workflow as it is drawn: what its compiled form holds, with a place for everything.
///
/// Lengths are in pixels from the upper left corner; whoever draws only paints. A step of a run belongs to
/// the node or group whose `path` is the step's own without its items, rounds and generations.
public struct WorkflowGraph: Sendable, Codable, Hashable {
    /// Why a node or group is there.
    public enum Role: String, Sendable, Codable {
        case step, handler, compensation, always
    }

    /// Where something stands.
    public struct Frame: Sendable, Codable, Hashable {
        public var x = 0
        public var y = 0
        public var width = 0
        public var height = 0
    }

    /// A step without steps in it.
    public struct Node: Sendable, Codable, Hashable {
        public var id: String
        public var path: String
        public var title: String
        /// `plugin script sleep until wait child set fail pass program`.
        public var kind: String
        /// What it runs or waits for, in a few words.
        public var detail: String
        public var role: Role
        /// The group that it stands in; nil at the top.
        public var group: String?
        /// How many nodes must have gone before, at least.
        public var layer: Int
        /// The condition under which it runs.
        public var condition: String?
        public var isForEach: Bool
        public var isRepeated: Bool
        public var frame: Frame

        enum CodingKeys: String, CodingKey {
            case id, path, title, kind, detail, role, group, layer, condition, frame
            case isForEach = "foreach"
            case isRepeated = "repeat"
        }
    }

    /// A step with steps in it, a branch of one, or the `always` steps.
    public struct Group: Sendable, Codable, Hashable {
        public var id: String
        public var path: String
        public var title: String
        /// `group switch branch handler always`.
        public var kind: String
        public var role: Role
        public var group: String?
        public var condition: String?
        public var isForEach: Bool
        public var isRepeated: Bool
        public var frame: Frame

        enum CodingKeys: String, CodingKey {
            case id, path, title, kind, role, group, condition, frame
            case isForEach = "foreach"
            case isRepeated = "repeat"
        }
    }

    /// From a node or group to another of the same scope.
    public struct Edge: Sendable, Codable, Hashable {
        public enum Kind: String, Sendable, Codable {
            /// Runs when the other has ended.
            case needs
            /// Runs when the other has failed.
            case error
            /// Undoes the other.
            case compensation
            /// A machine's step to the next.
            case next
        }
        public var from: String
        public var to: String
        public var kind: Kind
        public var label: String?
        /// `[x, y]` from the first to the last.
        public var points: [[Int]]
    }

    public var name: String
    public var version: Int?
    public var width: Int
    public var height: Int
    public var nodes: [Node]
    public var groups: [Group]
    public var edges: [Edge]

    /// Lays a compiled workflow out.
    public init(_ workflow: CompiledWorkflow, version: Int? = nil) {
        let tree = GraphTree(workflow)
        var layout = GraphLayout()
        let size = layout.place(tree.boxes)
        name = workflow.name
        self.version = version
        width = size.width
        height = size.height
        nodes = layout.nodes
        groups = layout.groups
        edges = layout.edges
    }
}

import JSON
import Linux
import Postgres

/// A `foreach` of which Postgres itself says how many items were ever live at once.
public struct WideRun: Sendable {
    public let items: Int
    public let width: Int
    private let installation: Installation

    public struct Outcome: Sendable {
        public var status: String
        public var outputs: [JSONValue]
        /// The most items that were live after any statement.
        public var widest: Int
        /// The longest state of the run, in bytes.
        public var largestState: Int
    }

    public init(items: Int, width: Int, on installation: Installation) {
        self.items = items
        self.width = width
        self.installation = installation
    }

    /// Blocks until the run has ended.
    public func run() throws -> Outcome {
        let url = installation.postgres.url(database: "pawl")
        let connection = try PostgresConnection.open(try PostgresConfiguration(url))
        try connection.execute(Self.watch)
        let input: JSONValue = ["numbers": .array((0..<items).map { .integer(Int64($0)) })]
        let id = try installation.api.start(try installation.api.apply(workflow), input: input)
        let run = try installation.api.end(of: id, within: .seconds(600))
        let widest = try connection.query("select max(live), max(state) from widest").first
        return Outcome(
            status: run["status"]?.stringValue ?? "",
            outputs: run["output"]?.arrayValue ?? [],
            widest: Int(try widest?.int32(0) ?? 0),
            largestState: Int(try widest?.int32(1) ?? 0)
        )
    }

    private var workflow: String {
        """
        name: wide
        steps:
          - id: each
            foreach: { items: "${ input.numbers }", max_concurrency: \(width) }
            with: { n: "${ item }" }
            run: 'read -r given || :; printf %s "$given"'
            capture: json
        output: "${ [steps.each.output.n] }"
        """
    }

    /// Runs after each statement that begins items, when all that the statement does is done.
    private static let watch = """
        create table widest (live int not null, state int not null);
        create function note_widest() returns trigger language plpgsql as $$
            begin
                insert into widest values (
                    (select count(*) from task where path like 'each[%'),
                    (select coalesce(max(length(state)), 0) from run_live));
                return null;
            end $$;
        create trigger note_widest after insert on task execute function note_widest();
        """
}

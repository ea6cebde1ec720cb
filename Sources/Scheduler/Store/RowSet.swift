import Linux
import Postgres

/// Rows that go into a statement as arrays, one parameter a column.
///
/// Declared once, it gives both the SQL that reads the rows, `unnest($1::int[], …) as s(i, …)`, and the
/// parameters.
struct RowSet<Row>: Sendable {
    let alias: String
    let columns: [Column<Row>]

    /// The source of a FROM clause; takes its parameter numbers from `parameters`.
    ///
    /// Postgres runs each array of an `unnest` as a function of its own, with a store for what it returns,
    /// which costs more than a few rows do. An element is reached without, but only past all before it.
    func source(_ parameters: inout ParameterNumbers) -> String {
        let arrays = columns.map { "\(parameters.next())::\($0.type)[]" }
        guard parameters.areForFewRows else {
            return "unnest(\(arrays.joined(separator: ", "))) as \(alias)(\(names.joined(separator: ", ")))"
        }
        let others = zip(arrays, names).dropFirst().map { ", (\($0))[r.place] as \($1)" }
        return """
            (select r.\(names[0])\(others.joined())
            from unnest(\(arrays[0])) with ordinality as r(\(names[0]), place)) as \(alias)
            """
    }

    func values(_ rows: [Row]) -> [PostgresValue] {
        columns.map { $0.values(rows) }
    }

    var names: [String] { columns.map(\.name) }

    /// The names but these, qualified, for a SELECT list.
    func names(without left: Set<String>) -> String {
        names.filter { !left.contains($0) }.map { "\(alias).\($0)" }.joined(separator: ", ")
    }

    /// What `on conflict do update set` takes over of the columns but these.
    func assignments(without left: Set<String>) -> String {
        names.filter { !left.contains($0) }.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
    }
}

/// One column of a ``RowSet``.
struct Column<Row>: Sendable {
    let name: String
    let type: String
    let values: @Sendable ([Row]) -> PostgresValue

    static func int(_ name: String, _ value: @escaping @Sendable (Row) -> Int?) -> Column {
        Column(name: name, type: "int") { rows in .int64s(rows.map { value($0).map(Int64.init) }) }
    }

    static func bigint(_ name: String, _ value: @escaping @Sendable (Row) -> Int64?) -> Column {
        Column(name: name, type: "bigint") { rows in .int64s(rows.map(value)) }
    }

    static func text(_ name: String, _ value: @escaping @Sendable (Row) -> String?) -> Column {
        Column(name: name, type: "text") { rows in .texts(rows.map(value)) }
    }

    static func bool(_ name: String, _ value: @escaping @Sendable (Row) -> Bool) -> Column {
        Column(name: name, type: "bool") { rows in .bools(rows.map(value)) }
    }

    static func time(_ name: String, _ value: @escaping @Sendable (Row) -> Timestamp?) -> Column {
        Column(name: name, type: "timestamptz") { rows in .timestamps(rows.map(value)) }
    }

    static func run(_ name: String, _ value: @escaping @Sendable (Row) -> RunID) -> Column {
        Column(name: name, type: "uuid") { rows in .uuids(rows.map { value($0).uuid }) }
    }
}

/// Hands out the numbers of a statement's parameters.
struct ParameterNumbers {
    /// Up to so many rows are few.
    static let fewRows = 64

    /// Whether the statement gets few rows at most of each set.
    let areForFewRows: Bool
    private(set) var count = 0

    init(forFewRows: Bool = false) { areForFewRows = forFewRows }

    mutating func next() -> String {
        count += 1
        return "$\(count)"
    }
}

import Linux

/// Which partitions of the cold tables must exist: one a day in UTC, by the time in the run's id.
struct PartitionPlan {
    static let tables = ["run", "run_end", "step", "history", "step_log", "artifact"]

    /// One day of one table.
    struct Partition: Hashable {
        let table: String
        /// Days since 1970-01-01.
        let day: Int64

        /// `history_20261125`.
        var name: String {
            let date = Timestamp(microseconds: day * 86_400_000_000).rfc3339.prefix(10)
            return "\(table)_\(date.replacing("-", with: ""))"
        }

        /// The lowest id of a run that was created on that day or later.
        var lowerBound: String { Self.lowestID(day) }
        var upperBound: String { Self.lowestID(day + 1) }

        var statement: String {
            "create table if not exists \(name) partition of \(table) "
                + "for values from ('\(lowerBound)') to ('\(upperBound)')"
        }

        private static func lowestID(_ day: Int64) -> String {
            RunID.lowest(milliseconds: day * 86_400_000).uuid.description
        }
    }

    /// Yesterday, for runs that are on their way at midnight, and a week to come.
    static func days(at now: Timestamp) -> ClosedRange<Int64> {
        let today = day(of: now)
        return today - 1...today + 7
    }

    static func day(of time: Timestamp) -> Int64 { time.microseconds / 86_400_000_000 }

    /// The days of `existing` that lie before `day`, the oldest first.
    static func days(before day: Int64, existing: Set<String>) -> [Int64] {
        let days = existing.compactMap { name -> Int64? in
            let digits = name.suffix(8)
            guard digits.count == 8, digits.allSatisfy(\.isNumber) else { return nil }
            let date = "\(digits.prefix(4))-\(digits.dropFirst(4).prefix(2))-\(digits.suffix(2))T00:00:00Z"
            return Timestamp(rfc3339: date).map(Self.day(of:))
        }
        return Set(days).filter { $0 < day }.sorted()
    }

    /// What is missing of the tables for these days.
    static func missing(days: some Sequence<Int64>, existing: Set<String>) -> [Partition] {
        days.flatMap { day in tables.map { Partition(table: $0, day: day) } }
            .filter { !existing.contains($0.name) }
    }
}

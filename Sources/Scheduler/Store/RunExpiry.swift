import Linux
import Postgres

/// Until when a run must have ended to have outlived its retention, by how it ended; and which runs have.
struct RunExpiry {
    /// A run whose day will be dropped whole is not deleted by itself for so long.
    private static let patience = Duration.seconds(86_400)

    private let cutoffs: [RunStatus: Timestamp]

    init(_ retention: Retention, at now: Timestamp, rowByRow: Bool = false) {
        cutoffs = Dictionary(
            uniqueKeysWithValues: Retention.statuses.map { status in
                guard let time = retention[status] else { return (status, Timestamp(microseconds: 0)) }
                let isLong = rowByRow && time >= Self.patience
                return (status, now - time - (isLong ? Self.patience : .zero))
            }
        )
    }

    /// Runs that were created from this day on have not.
    var lastDay: Int64 { PartitionPlan.day(of: cutoffs.values.max() ?? Timestamp(microseconds: 0)) }

    /// The parameters of ``condition(_:)``.
    var parameters: [PostgresValue] { Retention.statuses.map { .timestamp(cutoffs[$0]) } }

    /// Of a row `end` of `run_end`: it has outlived its retention.
    ///
    /// Takes `$1` to `$4`.
    static func condition(_ end: String) -> String {
        let cases = Retention.statuses.enumerated()
            .map { "when '\($0.element.rawValue)' then $\($0.offset + 1)::timestamptz" }
        return "\(end).ended_at < case \(end).status \(cases.joined(separator: " ")) end"
    }

    /// Of the root of a tree: it is live, or has not outlived its retention, or a rerun keeps results of the
    /// tree.
    static func isKept(_ root: String) -> String {
        """
        (exists (select from run_live l where l.run_id = \(root))
            or exists (select from run_end t where t.run_id = \(root) and not \(condition("t")))
            or exists (
                select from kept_run k where k.root_id = \(root)
                    and (k.kept_at > clock_timestamp() - interval '1 hour'
                        or exists (select from run b where b.run_id = k.by_id))))
        """
    }
}

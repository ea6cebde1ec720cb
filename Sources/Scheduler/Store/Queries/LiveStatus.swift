/// The derived status of live runs, as SQL over `l` (run_live): stored are only the phase and the pause.
enum LiveStatus {
    /// Nothing of a run that is `waiting` is queued or running.
    static let isBusy = """
        exists (
            select from task k
            where k.run_id = l.run_id and k.status in ('ready', 'running', 'blocked'))
        """

    static let expression = """
        case when l.phase = 'cancelling' then 'cancelling'
            when l.paused then 'paused'
            when l.phase in ('scheduled', 'queued', 'compensating') then l.phase
            when \(isBusy) then 'running'
            else 'waiting' end
        """

    /// That a run has one of these; nil where any will do.
    ///
    /// Each by itself, as an index of rare states tells most of them, and tasks are looked at for two alone.
    static func condition(_ statuses: Set<RunStatus>) -> String? {
        guard !statuses.isEmpty else { return nil }
        return RunStatus.allCases.filter(statuses.contains).map(condition).joined(separator: " or ")
    }

    private static func condition(_ status: RunStatus) -> String {
        switch status {
        case .cancelling: "l.phase = 'cancelling'"
        case .paused: "l.paused and l.phase <> 'cancelling'"
        case .running: "l.phase in ('running', 'ending') and not l.paused and \(isBusy)"
        case .waiting: "l.phase in ('running', 'ending') and not l.paused and not \(isBusy)"
        default: "l.phase = '\(status.rawValue)' and not l.paused"
        }
    }
}

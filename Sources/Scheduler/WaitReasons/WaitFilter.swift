/// The condition on `l` (run_live), beside ``workers(for:)``, that some step of a run waits for a reason.
///
/// It asks what ``WaitFacts`` does, for many runs at once.
enum WaitFilter {
    /// The `with` of a statement with such conditions: workers are read once, not for each run.
    static func workers(for filter: RunFilter) -> String {
        guard !filter.reasons.isEmpty else { return "with" }
        return """
            with live_worker as materialized (
                select about::jsonb -> 'queues' as queues, abilities from worker
                where expires_at > clock_timestamp() and not draining),
            """
    }

    static func condition(_ reason: Wait.Reason) -> String {
        switch reason {
        case .paused: "l.paused"
        case .timer: timer
        case .backoff: task("k.status = 'backoff'")
        case .signal: task("k.status = 'waiting' and k.spec like '%\"awaits\":{\"signal\"%'")
        case .child: child
        case .callback: task("k.status = 'waiting' and k.spec like '%\"awaits\":{\"callback\"%'")
        case .concurrency:
            line("a.slot_key is not null and (a.rate_key is null or \(isFull))")
                + " or " + bounded("\(BoundedQueues.slotsLeft) <= 0")
        case .rate:
            line("a.rate_key is not null and (a.slot_key is null or not \(isFull))")
                + " or "
                + bounded("coalesce(\(BoundedQueues.slotsLeft), 1) > 0 and \(BoundedQueues.startsLeft) <= 0")
        case .queuePaused: ready(isPaused)
        case .noWorker:
            ready(
                "not \(isPaused) and (not \(served("true")) or not \(served(able))) and not \(unenforceable)"
            )
        case .unenforceable: ready("not \(isPaused) and \(served("true")) and \(unenforceable)")
        }
    }

    private static func task(_ condition: String) -> String {
        "exists (select from task k where k.run_id = l.run_id and \(condition))"
    }

    private static func ready(_ condition: String) -> String {
        "not l.paused and " + task("k.status = 'ready' and \(condition)")
    }

    private static func line(_ condition: String) -> String {
        "not l.paused and exists (select from applicant a where a.run_id = l.run_id and \(condition))"
    }

    /// A worker could run it, and the queue's own bound is reached.
    private static func bounded(_ condition: String) -> String {
        ready(
            "\(served(able)) and exists "
                + "(select from queue q where q.name = k.queue and not q.paused and \(condition))"
        )
    }

    private static let timer = """
        exists (
            select from timer t where t.run_id = l.run_id and (
                t.kind in ('sleep', 'round') or t.kind = 'start' and l.phase = 'scheduled'
                or t.kind = 'backoff' and exists (
                    select from task k
                    where k.run_id = t.run_id and k.step = t.step and k.status = 'waiting')))
        """

    private static let child = task(
        """
        k.status = 'waiting' and exists (
            select from run c where c.parent_id = k.run_id and c.parent_step = k.step)
        """
    )

    private static let isFull =
        "(select count(*) from slot s where s.key = a.slot_key) >= a.slot_limit"

    private static let isPaused = "exists (select from queue q where q.name = k.queue and q.paused)"

    private static let able = """
        (k.needs is null or w.abilities is null or w.abilities @> string_to_array(k.needs, ' '))
        """

    /// Each host that could lacks a limit; where only plugins lack, it is `no_worker`.
    private static let unenforceable = """
        (k.needs like '%limit:%' and not exists (
            select from live_worker w where \(serves)
                and (w.abilities is null or w.abilities @> array(
                    select n from unnest(string_to_array(k.needs, ' ')) as n where n like 'limit:%'))))
        """

    private static let serves = "coalesce(w.queues ? k.queue, true)"

    private static func served(_ condition: String) -> String {
        "exists (select from live_worker w where \(serves) and \(condition))"
    }
}

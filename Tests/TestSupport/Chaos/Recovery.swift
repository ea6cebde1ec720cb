import Linux
import Postgres

/// How soon work goes on once Postgres is back.
public enum Recovery {
    /// Waits for the first transition that is written from now on; gives the time from `back` until then.
    ///
    /// There must be work to do.
    public static func time(since back: MonotonicTime, over connection: PostgresConnection) throws -> Duration
    {
        let start = try connection.query("select clock_timestamp()")[0].timestamp(0)
        try eventually("something is written after Postgres came back", within: PawlProcess.patience) {
            try connection.query("select 1 from history where at > $1 limit 1", [.timestamp(start)]).count > 0
        }
        return MonotonicTime.now - back
    }
}

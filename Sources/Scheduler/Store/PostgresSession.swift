import Postgres

/// How the sessions of each use are set up.
enum PostgresSession {
    /// For hot statements: one plan for ever, and none that reads a whole table.
    ///
    /// Tables are nearly empty at one moment and full at another; a plan that was made for the one and kept
    /// for the other cost 1 to 5 ms a step.
    static func writing(_ configuration: PostgresConfiguration) -> PostgresConfiguration {
        var session = configuration
        session.settings["jit"] = "off"
        session.settings["plan_cache_mode"] = "force_generic_plan"
        session.settings["enable_seqscan"] = "off"
        session.settings["enable_bitmapscan"] = "off"
        session.settings["idle_in_transaction_session_timeout"] = "10s"
        session.settings["lock_timeout"] = "10s"
        return session
    }

    /// For the questions of the API, which are of many kinds: a plan for each, within 30 s.
    static func reading(_ configuration: PostgresConfiguration) -> PostgresConfiguration {
        var session = configuration
        session.settings["jit"] = "off"
        session.settings["plan_cache_mode"] = "force_custom_plan"
        session.settings["enable_seqscan"] = "off"
        session.statementTimeout = session.statementTimeout ?? .seconds(30)
        return session
    }
}

import Postgres

extension PostgresStore {
    /// Opens a store for the questions of the API; its plans are not those that commits and claims need.
    public static func openForReading(
        _ configuration: PostgresConfiguration
    ) throws(StoreError) -> PostgresStore {
        try open(session: RunQueries.session(configuration))
    }

    /// What can be asked about runs, over this store's connection.
    public func runs() throws(StoreError) -> RunQueries {
        try connect()
        return RunQueries(connection)
    }

    /// What can be asked about workflows, over this store's connection.
    public func definitions() throws(StoreError) -> DefinitionQueries {
        try connect()
        return DefinitionQueries(connection)
    }

    /// What can be asked about schedules, over this store's connection.
    public func schedules() throws(StoreError) -> ScheduleQueries {
        try connect()
        return ScheduleQueries(connection)
    }

    /// What charts are drawn from, over this store's connection.
    public func rollups() throws(StoreError) -> RollupQueries {
        try connect()
        return RollupQueries(connection)
    }

    /// What can be asked about workers and queues, over this store's connection.
    public func operations() throws(StoreError) -> OperationsQueries {
        try connect()
        return OperationsQueries(connection)
    }
}

/// A value that an operator may set, and how: a flag, a variable, a line of the configuration file.
enum Setting: String, CaseIterable, Sendable {
    case databaseURL = "DATABASE_URL"
    case redisURL = "REDIS_URL"
    case listen = "PAWL_LISTEN"
    case address = "PAWL_ADDRESS"
    case pluginPath = "PAWL_PLUGIN_PATH"
    case queues = "PAWL_QUEUES"
    case slots = "PAWL_SLOTS"
    case writers = "PAWL_WRITERS"
    case lease = "PAWL_LEASE"
    case shutdownGrace = "PAWL_SHUTDOWN_GRACE"
    case secretsFolder = "PAWL_SECRETS_DIR"
    case secretsCommand = "PAWL_SECRETS_COMMAND"
    case scratchFolder = "PAWL_SCRATCH_DIR"
    case retention = "PAWL_RETENTION"
    case traceEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
    case traceHeaders = "OTEL_EXPORTER_OTLP_HEADERS"
    case traceService = "OTEL_SERVICE_NAME"
    case dashboardFolder = "PAWL_UI_DIR"

    /// The variable in the environment; with `_FILE` after it, the file that holds the value.
    var variable: String { rawValue }

    /// The key in the configuration file: `database_url`, `plugin_path`.
    var key: String {
        let name = rawValue.hasPrefix("PAWL_") ? rawValue.dropFirst("PAWL_".count) : rawValue[...]
        return name.lowercased()
    }

    /// The flag, without its dashes: `database-url`.
    var flag: String { String(key.map { $0 == "_" ? "-" : $0 }) }

    /// Shown as set or not, never as it is.
    var isSecret: Bool { self == .databaseURL || self == .redisURL || self == .traceHeaders }

    var fallback: String? {
        switch self {
        case .databaseURL, .redisURL, .secretsFolder, .secretsCommand, .scratchFolder, .traceEndpoint,
            .traceHeaders, .dashboardFolder, .address:
            nil
        case .listen: "127.0.0.1:7295"
        case .pluginPath: "./plugins"
        case .queues: "default"
        case .slots: nil
        // One gathers larger batches than two: on two cores 1,800 steps a second against 1,500.
        case .writers: "1"
        case .lease: "10s"
        case .shutdownGrace: "20s"
        case .retention: "30d"
        case .traceService: "pawl"
        }
    }

    var help: String {
        switch self {
        case .databaseURL: "Postgres, as a URL or key=value words"
        case .redisURL: "Redis, redis://… or unix:/…; without it workers poll"
        case .listen: "where the API listens, host:port"
        case .address: "where steps are answered, http://host:port; default where the API listens"
        case .pluginPath: "folders with plugins, separated by colons"
        case .queues: "queues that the worker serves, separated by commas"
        case .slots: "steps that run at once; default four for each core"
        case .writers: "threads that decide and write"
        case .lease: "how long a silent worker keeps its steps; above the database's failover time"
        case .shutdownGrace: "how long running steps may take when the worker is told to stop"
        case .secretsFolder: "folder with a file for each secret"
        case .secretsCommand: "program that is given a secret's name and prints its value"
        case .scratchFolder: "where steps get their private folders"
        case .retention: "how long runs are kept after their end: 30d, off, or by status 30d,failed=90d"
        case .traceEndpoint: "an OpenTelemetry collector for traces, such as http://host:4318"
        case .traceHeaders: "headers for the collector, name=value,name=value"
        case .traceService: "the service that traces are of"
        case .dashboardFolder: "the dashboard's files while one works on them; default the program's own"
        }
    }

    var option: Option { Option(flag, value: "VALUE", help) }
}

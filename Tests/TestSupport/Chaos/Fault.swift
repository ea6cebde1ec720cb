/// What is done to a fleet.
public enum Fault: String, Sendable, CaseIterable {
    case killMember = "a member killed"
    case killAll = "all members killed"
    case pauseMember = "a member stopped for longer than its lease"
    case partition = "a member cut off from Postgres and Redis"
    case halfOpen = "a member's connections half open"
    case deafen = "a member hears no answers"
    case slowNetwork = "a member's network slow"
    case cutConnections = "all connections cut again and again"
    case loseReplies = "replies lost after the commit"
    case restartPostgres = "Postgres restarted"
    case stopPostgres = "Postgres stopped at once"
    case killPostgres = "Postgres killed"
    case endSessions = "all sessions of Postgres ended"
    case fillConnections = "no connection of Postgres left"
    case holdSnapshot = "a snapshot held"
    case flushRedis = "Redis flushed"
    case stopRedis = "Redis stopped"
    case killRedis = "Redis killed"
    case doubleHints = "hints doubled and invented"
    case poison = "a step whose worker dies each time"
    case fillDisk = "a scratch folder full"
    case moveClock = "a wall clock an hour off"

    /// Whether it takes Postgres away for a time.
    var stopsPostgres: Bool {
        switch self {
        case .restartPostgres, .stopPostgres, .killPostgres: true
        default: false
        }
    }
}

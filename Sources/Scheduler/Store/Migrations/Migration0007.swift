extension Migration {
    /// Why a schedule is paused.
    static let schedulePauses = Migration(number: 7, name: "schedule pauses", sql: schedulePausesSQL)
}

private let schedulePausesSQL = """
    alter table schedule add column pause_reason text;
    comment on column schedule.pause_reason is 'what whoever paused it said; null when it is not paused';
    """

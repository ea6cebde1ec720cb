extension Migration {
    /// Fewer checks on the tables that each step writes.
    ///
    /// Postgres parses a table's check constraints anew in each statement that writes to it: 5 % of its time
    /// where steps are short. What these columns hold is written and read as cases of enumerations.
    static let checks = Migration(number: 19, name: "checks", sql: checksSQL)
}

private let checksSQL = """
    alter table run_live
        drop constraint run_live_phase_check, drop constraint run_live_compensation_check;
    alter table task
        drop constraint task_status_check, drop constraint task_check, drop constraint task_check1;
    alter table run_end
        drop constraint run_end_status_check, drop constraint run_end_compensation_check;
    alter table step drop constraint step_status_check;
    """

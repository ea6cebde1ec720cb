extension Migration {
    /// Tasks that were lost with their worker are looked for by the workers that let them run alone.
    static let lostTasks = Migration(
        number: 13,
        name: "lost tasks",
        sql: """
            create index task_alone on task (ready_at)
                where status = 'ready' and split_part(needs, ' ', 1) = 'alone';
            """
    )
}

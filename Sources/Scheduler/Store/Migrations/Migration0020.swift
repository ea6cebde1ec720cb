extension Migration {
    /// Indexes by which lists of runs find what is rare.
    ///
    /// None is touched by a step, nor by a run without labels that runs to its end as most do.
    static let lists = Migration(number: 20, name: "lists", sql: listsSQL)
}

private let listsSQL = """
    create index run_live_apart on run_live (run_id)
        where paused or phase in ('scheduled', 'queued', 'cancelling', 'compensating');
    create index run_end_compensation on run_end (compensation, run_id) where compensation <> 'none';
    create index run_labels on run using gin (labels jsonb_path_ops) where labels <> '{}';
    """

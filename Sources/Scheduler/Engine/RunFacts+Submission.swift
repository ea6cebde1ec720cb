import Linux

extension RunFacts {
    package init(_ submission: Submission, createdAt: Timestamp) {
        self.init(
            input: submission.input,
            key: submission.key,
            labels: submission.labels,
            priority: submission.priority,
            createdAt: createdAt,
            scheduledAt: submission.startAt,
            parent: submission.parent,
            undoes: submission.undoing?.of
        )
    }
}

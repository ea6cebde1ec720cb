extension Worker {
    /// What a worker serves and what it can do.
    public struct Configuration: Sendable {
        public var queues: [String]
        /// Steps that run at once.
        public var slots: Int
        public var level: Int
        /// What `GET /v1/workers` shows: host, process, release, and the plugins as they are now.
        public var about: @Sendable () -> String
        /// Where the API is reached from outside, `http://host:port`, by whoever answers for a step.
        public var address: @Sendable () -> String
        /// What it can do, in the words of ``TaskSpec/needs``; nil for everything.
        public var abilities: (@Sendable () -> Set<String>)?

        public init(
            queues: [String] = ["default"],
            slots: Int,
            level: Int = 1,
            about: @escaping @Sendable () -> String = { "{}" },
            address: @escaping @Sendable () -> String = { "http://127.0.0.1:7295" }
        ) {
            self.queues = queues
            self.slots = slots
            self.level = level
            self.about = about
            self.address = address
        }
    }
}

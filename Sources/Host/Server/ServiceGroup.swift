/// The long-running parts of a process, started in order and stopped in reverse.
struct ServiceGroup {
    private var started: [(name: String, stop: () -> Void)] = []
    private let log: Log

    init(log: Log) {
        self.log = log
    }

    /// Starts a part, and remembers how to stop it.
    mutating func start(_ name: String, _ start: () throws -> Void, stop: @escaping () -> Void) rethrows {
        try start()
        started.append((name, stop))
    }

    mutating func stop() {
        while let service = started.popLast() {
            service.stop()
        }
    }
}

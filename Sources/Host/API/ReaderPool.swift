import Linux
import Postgres
import Scheduler

/// A connection for the questions of the API; what a `stored` route works with.
typealias Reader = PostgresStore

/// A few threads, each with a connection of its own, that answer what the database must be asked for.
final class ReaderPool: Sendable {
    typealias Job = @Sendable (Result<Reader, StoreError>) -> Void

    /// Jobs that may wait; beyond, the server has too much to do.
    static let backlogLimit = 1_000

    private let inbox = Mailbox<Job>()
    private let open: @Sendable () throws(StoreError) -> Reader
    private let threads = Locked([DedicatedThread]())

    init(open: @escaping @Sendable () throws(StoreError) -> Reader) {
        self.open = open
    }

    func start(count: Int) {
        let started = (0..<count).map { index in
            DedicatedThread("pawl-reader-\(index)") { [self] in run() }
        }
        threads.withLock { $0 = started }
    }

    func stop() {
        inbox.close()
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    /// False when too much waits already.
    func submit(_ job: @escaping Job) -> Bool {
        inbox.count < Self.backlogLimit && inbox.send(job)
    }

    private func run() {
        var reader: Reader?
        while let jobs = inbox.take(1) {
            for job in jobs {
                do throws(StoreError) {
                    let current = if let reader { reader } else { try open() }
                    reader = current
                    job(.success(current))
                } catch {
                    job(.failure(error))
                }
            }
        }
    }
}

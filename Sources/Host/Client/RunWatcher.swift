import JSON
import Linux

/// Shows a run live on a terminal, as a tree with bars that is drawn over itself, until the run has ended.
///
/// It listens to `/v1/stream`; after a lost connection it reads all anew.
struct RunWatcher {
    private enum News: Sendable {
        case tree(RunTree)
        case event(JSONValue)
        case failed(CommandFailure)
    }

    private static let interval = Duration.milliseconds(200)

    private let invocation: Invocation
    private let run: String
    private let terminal = StandardStream.error
    private let isColoured: Bool
    private var drawn = 0

    init(_ invocation: Invocation, run: String) {
        self.invocation = invocation
        self.run = run
        isColoured = terminal.isColoured
    }

    /// Returns the run as it ended.
    mutating func watch() throws(CommandFailure) -> JSONValue {
        let news = Mailbox<News>()
        defer { news.close() }
        listen(news)
        var tree: RunTree?
        while true {
            for one in news.take(1_000, until: .now + Self.interval) ?? [] {
                switch one {
                case .tree(let fresh): tree = fresh
                case .event(let event): tree?.hear(event)
                case .failed(let failure): throw failure
                }
            }
            guard let tree else { continue }
            draw(tree)
            if tree.hasEnded { return try APIClient(invocation).get("/v1/runs/\(run)") }
        }
    }

    /// Hears on a thread of its own: the connection first, then what there is, so that nothing is missed.
    private func listen(_ news: Mailbox<News>) {
        let (invocation, run) = (invocation, run)
        DedicatedThread("stream") {
            let perseverance = Perseverance()
            do throws(CommandFailure) {
                let client = try APIClient(invocation)
                var isRead = true
                while isRead {
                    try perseverance.persist { () throws(CommandFailure) in
                        try client.events("/v1/stream?topics=run:\(run)") { event in
                            perseverance.heard()
                            if event["topics"] != nil || event["reason"] != nil {
                                guard let tree = try? Self.read(client, run) else { return }
                                isRead = news.send(.tree(tree))
                            } else {
                                isRead = news.send(.event(event))
                            }
                        }
                    }
                }
            } catch {
                news.send(.failed(error))
            }
        }
    }

    private static func read(_ client: APIClient, _ run: String) throws(CommandFailure) -> RunTree {
        let detail = try client.get("/v1/runs/\(run)")
        var steps: [JSONValue] = []
        var cursor: String? = ""
        while let after = cursor {
            let from = after.isEmpty ? "" : "&cursor=\(after)"
            let page = try client.get("/v1/runs/\(run)/steps?limit=500\(from)")
            steps += page["items"]?.arrayValue ?? []
            cursor = page["cursor"]?.stringValue
        }
        return RunTree(run: detail, steps: steps)
    }

    private mutating func draw(_ tree: RunTree) {
        let drawing = RunTreeDrawing(
            tree: tree,
            now: .now,
            columns: terminal.size?.columns ?? 80,
            rows: terminal.size?.rows ?? 24,
            isColoured: isColoured
        )
        let lines = drawing.lines
        // Back to the first line, and each is cleared to its end before it is drawn again.
        let back = drawn > 0 ? "\u{1B}[\(drawn)A\r" : ""
        terminal.write(back + lines.map { "\u{1B}[2K\($0)\n" }.joined() + "\u{1B}[J")
        drawn = lines.count
    }
}

import JSON
import TestSupport
import Testing

/// Histories that releases have stored; `make golden` makes those of this one.
@Suite("The histories of every release replay to the rows that they had there")
struct GoldenHistoryTests {
    private static let histories = (try? GoldenHistory.all()) ?? []

    @Test("each state, the steps that ended, and the end")
    func replayed() throws {
        try #require(Self.histories.count >= 12)
        for history in Self.histories {
            let violations = try history.violations()
            #expect(violations.isEmpty, "\(history.name): \(violations)")
        }
    }

    @Test("without one of its facts of steps, a history replays to something else")
    func damaged() throws {
        for history in Self.histories {
            let place = history.lines.lastIndex { line in
                line["event"]?["type"]?.stringValue?.hasPrefix("step.") == true
            }
            var lines = history.lines
            lines.remove(at: try #require(place))
            let damaged = GoldenHistory(name: history.name, lines: lines)
            #expect(try !damaged.violations().isEmpty, "\(history.name)")
        }
    }
}

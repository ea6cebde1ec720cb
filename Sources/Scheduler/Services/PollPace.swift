/// How long to wait for the next look without a hint.
package struct PollPace: Sendable {
    static let shortest = Duration.milliseconds(25)
    static let longest = Duration.seconds(1)
    private var current = longest

    package init() {}

    package func interval(hasHints: Bool) -> Duration {
        hasHints ? Self.longest : current
    }

    package mutating func note(foundWork: Bool) {
        current = foundWork ? Self.shortest : min(current * 2, Self.longest)
    }
}

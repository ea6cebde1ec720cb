import Postgres
import Scheduler
import TestSupport
import Testing

@Suite struct StoreDefinitionTests {
    @Test func theSameDefinitionMakesNoNewVersion() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            func apply(_ digest: String) throws -> AppliedDefinition {
                try store.apply(StoreFixture.compiled("w"), source: "s-\(digest)", digest: digest)
            }
            let first = try apply("a")
            #expect(first.version == 1 && first.isNew)
            let again = try apply("a")
            #expect(again.id == first.id && !again.isNew)
            #expect(try apply("b").version == 2)
            // Going back is a new version: the newest counts.
            #expect(try apply("a").version == 3)
            #expect(try store.definition(of: "w")?.version == 3)
            #expect(try store.definition(of: "w", version: 2)?.source == "s-b")
            #expect(try store.definition(first.id)?.compiled.name == "w")
            #expect(try store.definition(of: "other") == nil)

            let queries = DefinitionQueries(try fixture.readingConnection())
            #expect(try queries.workflows(limit: 10).map(\.name) == ["chain", "w"])
            #expect(try queries.workflows(after: "chain", limit: 10).map(\.version) == [3])
            #expect(try queries.versions(of: "w", limit: 10).map(\.version) == [3, 2, 1])
        }
    }

    @Test func appliesAtOnceComeOneAfterTheOther() async throws {
        let fixture = try await StoreFixture.make()
        let versions = try await withThrowingTaskGroup(of: [Int].self) { group in
            for client in 0..<3 {
                group.addTask {
                    try await onOwnThread {
                        let store = try fixture.store()
                        return try (0..<5).map { number in
                            let digest = "\(client)-\(number)"
                            return try store.apply(StoreFixture.compiled("w"), source: "", digest: digest)
                                .version
                        }
                    }
                }
            }
            return try await group.reduce([], +)
        }
        #expect(versions.sorted() == Array(1...15))
    }
}

import Scheduler
import TestSupport
import Testing

@Suite struct StoreKeyTests {
    @Test func aBusinessKeyBelongsToOneLiveRun() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let holder = StoreFixture.newID()
            _ = try store.commit([fixture.begin(holder, key: "order-7")])
            let claim = IdempotencyClaim(principal: "p", key: "k", bodyHash: "h", answer: "a")
            let results = try store.commit([
                fixture.begin(key: "order-7", idempotency: claim), fixture.begin(key: "order-8"),
            ])
            #expect(results.map(\.word) == ["key taken", "applied 1"])
            guard case .keyTaken(let by) = results[0] else { return }
            #expect(by == holder)
            // The run did not begin, so its Idempotency-Key is free.
            #expect(try store.commit([fixture.begin(idempotency: claim)]).map(\.word) == ["applied 1"])
        }
    }

    @Test func anIdempotencyKeyBeginsOneRun() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            var claim = IdempotencyClaim(principal: "p", key: "k", bodyHash: "h", answer: "first")
            #expect(try store.commit([fixture.begin(idempotency: claim)]).map(\.word) == ["applied 1"])
            claim.answer = "second"
            #expect(try store.commit([fixture.begin(idempotency: claim)]).map(\.word) == ["replayed first"])
            claim.bodyHash = "other"
            #expect(try store.commit([fixture.begin(idempotency: claim)]).map(\.word) == ["key reused"])
            let runs = try fixture.connection().query("select count(*) from run").first?.int64(0)
            #expect(runs == 1)
        }
    }

    @Test func anIdempotencyKeyIsForgottenAfterADay() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let claim = IdempotencyClaim(principal: "p", key: "k", bodyHash: "h", answer: "a")
            _ = try store.commit([fixture.begin(idempotency: claim)])
            try store.prune()
            #expect(try store.commit([fixture.begin(idempotency: claim)]).map(\.word) == ["replayed a"])
            let connection = try fixture.connection()
            try connection.execute("update idempotency set created_at = created_at - interval '1 day'")
            try store.prune()
            #expect(try store.commit([fixture.begin(idempotency: claim)]).map(\.word) == ["applied 1"])
        }
    }

    @Test func aRunThatEndsAtOnceHonoursTheKeyOfALiveOne() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            func brief(_ key: String) -> Transition {
                var begin = fixture.begin(key: key)
                begin.live = nil
                begin.tasks = []
                begin.ends = RunEnd(status: .succeeded, compensation: .none, output: .null, error: nil)
                return begin
            }
            _ = try store.commit([fixture.begin(key: "taken")])
            #expect(
                try store.commit([brief("taken"), brief("free")]).map(\.word) == ["key taken", "applied 1"]
            )
        }
    }
}

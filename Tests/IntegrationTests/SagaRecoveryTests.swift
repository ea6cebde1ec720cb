import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("A saga outlives its workers")
    struct SagaRecoveryTests {
        @Test("three levels are undone in exact reverse order, the worker killed in every compensation")
        func killedInEach() async throws {
            let installation = try await Installation.start(lease: "1s")
            defer { installation.remove() }
            let report = try await onOwnThread { try SagaRound(on: installation).run() }
            #expect(report.violations.isEmpty)
            #expect(report.order == report.expected)
            #expect(report.expected.count == 7)
            #expect(report.kills == 7)
        }
    }
}

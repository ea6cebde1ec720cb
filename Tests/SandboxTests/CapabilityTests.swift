import Sandbox
import Testing

/// What the host can enforce is found out by trying, not by hoping.
@Suite("Capabilities")
struct CapabilityTests {
    @Test("every limit with a mechanism holds against its canary")
    func canaries() async {
        let capabilities = await Fixture.sandbox.verify()
        for capability in capabilities where capability.mechanism != nil {
            #expect(capability.verified, "\(capability.limit) by \(capability.mechanism ?? "")")
        }
        #expect(capabilities.contains { $0.limit == "kill_tree" && $0.verified })
    }
}

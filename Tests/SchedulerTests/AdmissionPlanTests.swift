import Linux
import Testing

@testable import Scheduler

@Suite("Slots and starts are given in order, and never beyond a limit")
struct AdmissionPlanTests {
    private typealias Applicant = AdmissionPlan.Applicant
    private let now = Timestamp(microseconds: 1_750_000_000_000_000)

    private func applicant(_ step: Int, slot: Int? = nil, rate: Int? = nil) -> Applicant {
        Applicant(
            run: RunID(milliseconds: 1, random: (1, 1)),
            step: step,
            admission: Admission(
                slot: slot.map { Admission.Slot(key: "s", limit: $0) },
                rate: rate.map { Admission.Rate(key: "r", limit: $0, milliseconds: 1_000) }
            )
        )
    }

    private func admitted(_ plan: AdmissionPlan) -> [Int] { plan.grants.map(\.applicant.step) }

    @Test("free numbers are given, the lowest first")
    func numbers() {
        let line = (1...5).map { applicant($0, slot: 4) }
        let plan = AdmissionPlan(line, slots: ["s": [2]], starts: [:], now: now)
        #expect(admitted(plan) == [1, 2, 3])
        #expect(plan.grants.map(\.slot) == [1, 3, 4])
    }

    @Test("nobody overtakes the first of a full line, whatever limit he came with")
    func order() {
        let line = [applicant(1, slot: 2), applicant(2, slot: 100)]
        #expect(admitted(AdmissionPlan(line, slots: ["s": [1, 2]], starts: [:], now: now)) == [])
        #expect(admitted(AdmissionPlan(line, slots: ["s": [7]], starts: [:], now: now)) == [1, 2])
    }

    @Test("a lowered limit admits nobody until enough have left")
    func lowered() {
        let held = Set(1...5)
        #expect(
            admitted(AdmissionPlan([applicant(1, slot: 3)], slots: ["s": held], starts: [:], now: now)) == []
        )
    }

    @Test("a start counts until its time is over, and while its attempt has not begun")
    func starts() {
        let starts = [
            AdmissionPlan.Start(number: 1, until: now + .milliseconds(300)),
            AdmissionPlan.Start(number: 2, until: now),
            AdmissionPlan.Start(number: 3, until: nil),
        ]
        let line = (1...3).map { applicant($0, rate: 3) }
        let plan = AdmissionPlan(line, slots: [:], starts: ["r": starts], now: now)
        #expect(plan.grants.map(\.start) == [2])
        #expect(plan.nextStart == now + .milliseconds(300))
    }

    @Test("who waits for a rate holds no slot and holds up nobody who needs none")
    func both() {
        let line = [applicant(1, slot: 1, rate: 1), applicant(2, slot: 1)]
        let starts = [AdmissionPlan.Start(number: 1, until: nil)]
        let plan = AdmissionPlan(line, slots: [:], starts: ["r": starts], now: now)
        #expect(admitted(plan) == [2])
    }
}

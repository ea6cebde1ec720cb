import JSON
import Linux
import Testing

@testable import Scheduler

@Suite("Diagnosis: rules over what is known")
struct DiagnosisTests {
    @Test("each rule names cause and next action", arguments: DiagnosisCase.all)
    func rules(_ given: DiagnosisCase) throws {
        let findings = given.facts.diagnosis.findings
        let names = findings.map(\.rule.rawValue)
        let finding = try #require(findings.first { $0.rule == given.rule }, "\(names)")
        #expect(finding.sentence.contains(given.sentence), "\(finding.sentence)")
        #expect(finding.next.command.contains(given.command), "\(finding.next.command)")
        #expect(finding.sentence.hasSuffix("."))
        #expect(finding.sentence.first?.isUppercase == true)
        #expect(Set(names).count == names.count, "a rule speaks once: \(names)")
    }

    @Test("there is a case for every rule")
    func everyRule() {
        let tried = Set(DiagnosisCase.all.map(\.rule))
        #expect(tried == Set(DiagnosisRule.allCases), "\(Set(DiagnosisRule.allCases).subtracting(tried))")
    }

    @Test("a cause stands before what came with it, a failed compensation before all")
    func order() {
        for given in DiagnosisCase.failures {
            #expect(given.facts.diagnosis.findings.first?.rule == given.rule)
        }
        let broken = DiagnosisCase.circumstances.first { $0.rule == .compensationFailed }
        #expect(broken?.facts.diagnosis.findings.first?.rule == .compensationFailed)
    }

    @Test("of nested failures the innermost is the cause; one that was continued is none")
    func innermost() {
        var facts = DiagnosisFacts.exited(3)
        let error = facts.failures[0].error
        facts.failures = [
            FailedStep(
                path: "optional",
                error: StepError(type: "Other", message: ""),
                attempts: [.init(number: 1)]
            ),
            FailedStep(path: "each", error: error),
            FailedStep(path: "each[4]", error: error),
            FailedStep(path: "each[4]/pack", error: error, attempts: [EndedAttempt(number: 1, exitCode: 3)]),
        ]
        #expect(facts.diagnosis.findings.first?.path == "each[4]/pack")
    }

    @Test("steps that wait for the same are told of once")
    func folded() {
        let facts = DiagnosisFacts.live(.waiting) { facts in
            facts.waits = (0..<5).map { index in
                var wait = Wait(.noWorker(queue: "gpu"))
                wait.path = "each[\(index)]"
                return wait
            }
        }
        let findings = facts.diagnosis.findings
        #expect(findings.count == 1)
        #expect(findings[0].evidence["others"] == 4)
        #expect(findings[0].sentence.hasSuffix(", and so do 4 other steps."))
    }

    @Test("after a completed compensation the way is a rerun, and a workflow is mended in a new run")
    func remedies() {
        var facts = DiagnosisFacts.exited(75)
        #expect(facts.diagnosis.findings[0].next.command == "pawl run retry \(facts.run)")
        facts.compensation = .completed
        #expect(facts.diagnosis.findings[0].next.command == "pawl run rerun \(facts.run)")
        #expect(facts.diagnosis.findings.allSatisfy { !$0.next.text.lowercased().contains("retry") })
        var exited = DiagnosisFacts.exited(3)
        exited.compensation = .completed
        #expect(exited.diagnosis.findings[0].next.text.hasSuffix("then rerun"))
    }

    @Test("a back-off says what the attempt before it failed with")
    func lastError() {
        let facts = DiagnosisFacts.live(.waiting) { facts in
            var wait = Wait(.backoff)
            wait.path = "call"
            wait.lastError = StepError(type: "Busy", message: "come back later")
            facts.waits = [wait]
        }
        #expect(facts.diagnosis.sentence.contains("after Busy: come back later"))
    }

    @Test("hostile words cannot break the sentence")
    func hostile() {
        let message = "\u{1B}[2Jred\u{202E}\u{0}\nsecond line" + String(repeating: "x", count: 1_000_000)
        let sentence = DiagnosisFacts.exited(1, "Odd\u{7}", message).diagnosis.sentence
        #expect(sentence.contains("Odd␇: ␛[2Jred⟨U+202E⟩␀."))
        #expect(sentence.utf8.count < 500)
    }

    @Test("a run that succeeded has nothing the matter")
    func fine() {
        let diagnosis = DiagnosisFacts.live(.succeeded).diagnosis
        #expect(diagnosis.findings.isEmpty)
        #expect(diagnosis.sentence == "The run has succeeded.")
    }
}

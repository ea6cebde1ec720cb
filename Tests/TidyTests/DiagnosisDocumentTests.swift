import Scheduler
import Testing

@Suite("The page on diagnosis is complete")
struct DiagnosisDocumentTests {
    @Test("it lists every rule, and no other")
    func rules() throws {
        let rows = try Tree.current.file("docs/diagnosis.md").lines.filter { $0.hasPrefix("| `") }
        let cells = rows.map { String($0.split(separator: "|")[0]) }
        var told = Set(cells.flatMap { $0.matches(of: /`([a-z_]+)`/).map { String($0.1) } })
        // Told of in a sentence: it stands before the others.
        told.insert(DiagnosisRule.compensationFailed.rawValue)
        #expect(told == Set(DiagnosisRule.allCases.map(\.rawValue)))
    }
}

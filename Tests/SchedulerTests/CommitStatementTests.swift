import Testing

@testable import Scheduler

@Suite("The statements of batches")
struct CommitStatementTests {
    @Test("as many are kept as there is room for, and the one not used for longest goes")
    func bounded() {
        var statements = CommitStatements()
        let shapes = (0..<CommitStatements.capacity).map { CommitShape(rawValue: $0 << 6 | 1) }
        for shape in shapes { #expect(statements.statement(of: shape).surplus == nil) }
        #expect(statements.statement(of: shapes[0]).surplus == nil)
        let (_, surplus) = statements.statement(of: [.continues, .begins])
        #expect(surplus?.name == CommitStatement(shapes[1]).statement.name)
        #expect(statements.statement(of: shapes[0]).surplus == nil)
    }
}

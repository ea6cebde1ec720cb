import JSON
import Linux
import Scheduler
import Testing

/// What a definition compiles to.
struct DefinitionFormTests {
    @Test(arguments: [
        "examples/order-fulfilment/workflow.yaml", "examples/hello/workflow.yaml",
        "examples/etl/workflow.yaml", "Tests/Fixtures/definitions/whole-language.yaml",
    ])
    func compilesWithoutAWord(path: String) throws {
        _ = try Definition.file(path).compiled()
    }

    @Test
    func namesEveryMistakeAtOnce() throws {
        let messages = try Definition.file("Tests/Fixtures/definitions/five-mistakes.yaml").messages
        #expect(
            messages == [
                "3:1: error: a workflow has no key `lables` (did you mean \"labels\"?)",
                "8:28: error: there is no step `resrve` (did you mean \"reserve\"?)",
                "9:36: error: `attempts` must be a whole number from 1 to 1000000, not \"0\"",
                "11:13: error: there is no step `chrage` (did you mean \"charge\"?)",
                "12:12: error: `sleep` must be a duration such as 500ms, 30s or 1h30m, not \"10\" "
                    + "(numbers need a unit: 10s, 10m or 10h)",
            ]
        )
    }

    /// The stored form outlives the release that wrote it, so a change of it has to be seen.
    @Test
    func theFormIsStable() throws {
        let workflow = try Definition.file("Tests/Fixtures/definitions/whole-language.yaml").compiled()
        let form = try JSONValue(encoding: workflow)
        let path = Definition.root + "/Tests/Fixtures/definitions/whole-language.compiled.json"
        let golden = try JSONValue.parse(String(decoding: Files.read(path), as: UTF8.self))
        #expect(form == golden, "if the change is meant, write this:\n\(form.pretty())")
        #expect(try golden.decode(CompiledWorkflow.self).nodes == workflow.nodes)
    }

    @Test
    func handlersAndCompensationsBelongToTheirNodeAndNotToItsScope() throws {
        let workflow = try Definition.step(
            """
            uses: p/act
            catch: [{ on: [X], output: 1, compensate: { run: y } }]
            compensate: { run: x, retry: { attempts: 7 }, timeout: 3s }
            """
        ).compiled()
        let node = try workflow.node("a")
        let undo = workflow.nodes[try #require(node.compensation)]
        #expect(undo.id == "a" && undo.role == .compensation(of: 0))
        #expect(undo.retry.first?.attempts == 7 && undo.settings.timeoutMilliseconds == 3_000)
        let handler = workflow.nodes[try #require(node.catches.first?.handler)]
        #expect(handler.role == .handler(of: 0) && handler.action == .pass && handler.compensation != nil)
        #expect(handler.output == Program(.template, 1))
        #expect(workflow.scopes.map(\.nodes) == [[0]])
    }

    @Test
    func groupsAndBranchesAreScopes() throws {
        let workflow = try Definition.steps(
            """
            - { id: g, steps: [{ id: x, set: 1 }], output: 5 }
            - { id: s, switch: [{ when: true, steps: [{ id: y, set: 1 }] }, { steps: [{ id: z, set: 1 }] }] }
            """
        ).compiled()
        #expect(try workflow.node("g").action == .group(scope: 1))
        #expect(workflow.scopes[1].output == Program(.template, 5))
        let branches = [Branch(when: Program(.template, true), scope: 2), Branch(when: nil, scope: 3)]
        #expect(try workflow.node("s").action == .choice(branches))
        #expect(workflow.scopes.map(\.parent) == [nil, 0, 0, 0])
        #expect(workflow.scopes.map(\.owner) == [nil, 0, 2, 2])
    }

    @Test
    func aStepThatSaysNothingOfRetryInheritsIt() throws {
        let workflow = try Definition.steps("- { id: a, run: x }\n- { id: b, set: 1 }").compiled()
        #expect(try workflow.node("a").retry == [RetryRule()])
        #expect(try workflow.node("b").retry == [])
    }

    @Test
    func theDigestIsOfWhatIsSaidNotOfHow() {
        let one = Definition(text: "name: n # x\nsteps:\n  - { id: a, set: { x: 1, y: 2 } }\n").compilation
        let other = Definition(text: "{\"steps\":[{\"set\":{\"y\":2,\"x\":1},\"id\":\"a\"}],\"name\":\"n\"}")
            .compilation
        let third = Definition(text: "name: n\nsteps: [{ id: a, set: { x: 1, y: 3 } }]").compilation
        #expect(one.workflow != nil && other.workflow != nil)
        #expect(one.digest == other.digest && one.digest.count == 64)
        #expect(one.digest != third.digest)
    }

    @Test
    func whatIsNoYAMLIsOneErrorAtItsPlace() {
        let compilation = Definition(text: "name: n\nsteps: [\n").compilation
        #expect(compilation.workflow == nil && compilation.digest == "")
        #expect(compilation.diagnostics.count == 1 && compilation.diagnostics[0].line >= 2)
    }
}

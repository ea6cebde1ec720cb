import Scheduler
import Testing

/// Which steps wait for which, and which can see which.
struct DefinitionLinkTests {
    @Test
    func stepsWaitForTheOneBefore() throws {
        let workflow = try Definition.steps(
            """
            - { id: a, set: 1 }
            - { id: b, set: 1 }
            - { id: c, set: 1, needs: [] }
            - { id: d, set: 1, needs: [a, c] }
            - { id: e, set: "${ steps.a.output & steps.b.output }" }
            """
        ).compiled()
        #expect(try workflow.needs("a") == [])
        #expect(try workflow.needs("b") == ["a"])
        #expect(try workflow.needs("c") == [])
        #expect(try workflow.needs("d") == ["a", "c"])
        #expect(try workflow.needs("e") == ["a", "b", "d"])
    }

    @Test
    func aReadFromInsideMakesTheWholeGroupWait() throws {
        let workflow = try Definition.steps(
            """
            - { id: a, set: 1 }
            - id: g
              needs: []
              steps:
                - { id: inner, set: 1 }
                - id: deep
                  switch: [{ steps: [{ id: deepest, set: "${ steps.a.output & steps.inner.output }" }] }]
            """
        ).compiled()
        #expect(try workflow.needs("g") == ["a"])
        #expect(try workflow.needs("deep") == ["inner"])
        #expect(try workflow.needs("deepest") == [])
    }

    @Test
    func everythingOfAStepThatReadsMakesItWait() throws {
        let workflow = try Definition.steps(
            """
            - { id: a, set: 1 }
            - { id: w, needs: [], set: 1, when: "${ steps.a.output }" }
            - { id: f, needs: [], set: 1, foreach: { items: "${ steps.a.output }" } }
            - { id: r, needs: [], set: 1, repeat: { until: "${ steps.a.output }" } }
            - { id: e, needs: [], run: x, env: { X: "${ steps.a.output }" } }
            - { id: h, needs: [], run: x, catch: [{ output: "${ steps.a.output }" }] }
            - { id: o, needs: [], steps: [{ id: i, set: 1 }], output: "${ steps.a.output & steps.i.output }" }
            """
        ).compiled()
        for id in ["w", "f", "r", "e", "h", "o"] { #expect(try workflow.needs(id) == ["a"], "\(id)") }
    }

    @Test
    func undoingAndAlwaysWaitForNothing() throws {
        let workflow = try Definition(
            text: """
                name: n
                steps:
                  - id: a
                    run: x
                    compensate: { run: x, with: "${ [steps.b.output, steps.a.output] }" }
                  - { id: b, set: 1 }
                always:
                  - { id: y, set: "${ steps.b.status }" }
                  - { id: z, set: "${ steps.a.error }", needs: [] }
                """
        ).compiled()
        #expect(try workflow.needs("a") == [])
        #expect(try workflow.needs("y") == [])
        #expect(try workflow.needs("z") == [])
        #expect(workflow.always == 1)
    }

    @Test
    func aReadThatNamesNoStepWaitsForNothing() throws {
        let workflow = try Definition.steps(
            """
            - { id: a, set: 1 }
            - { id: b, set: "${ steps.*.output }", needs: [] }
            - { id: c, set: "${ $keys(steps) }", needs: [] }
            """
        ).compiled()
        #expect(try workflow.needs("b") == [])
        #expect(try workflow.needs("c") == [])
    }

    @Test(arguments: [
        (
            """
            - { id: a, set: "${ steps.b.output }" }
            - { id: b, set: 1 }
            """,
            "3:23: error: steps wait in a circle: a → b → a (`b` waits for `a` because it is written after it"
        ),
        (
            """
            - { id: a, set: 1, needs: [c] }
            - { id: b, set: 1, needs: [a] }
            - { id: c, set: 1, needs: [b] }
            """, "3:30: error: steps wait in a circle: a → c → b → a"
        ),
        (
            """
            - id: g
              steps: [{ id: i, set: "${ steps.g.output }" }]
            """, "this is part of `g` and would wait for all of it: g → g"
        ),
        (
            """
            - id: g
              steps: [{ id: i, set: 1 }]
            - { id: z, set: "${ steps.i.output }" }
            """, "`i` is inside `g`, out of sight here (read steps.g.output instead)"
        ),
        (
            """
            - id: s
              switch: [{ steps: [{ id: x, set: 1 }] }, ]
            - { id: z, set: 1, needs: [x] }
            """, "`needs` names siblings only, and `x` is none"
        ),
        (
            """
            - { id: reserve, set: 1 }
            - { id: b, set: "${ steps.reserv.output }" }
            """, "4:23: error: there is no step `reserv` (did you mean \"reserve\"?)"
        ),
        (
            """
            - { id: reserve, set: 1 }
            - { id: b, set: 1, needs: [resrve] }
            """, "4:30: error: there is no step `resrve` (did you mean \"reserve\"?)"
        ),
        (
            """
            - { id: a, set: 1 }
            - { id: g, steps: [{ id: a, set: 1 }] }
            """, "4:28: error: the id \"a\" is taken by the step at line 3, column 11"
        ),
        ("- { id: null, set: 1 }", "`id` must be an id of lower-case letters"),
        ("- { id: 'true', set: 1 }", "\"true\" cannot be an id"),
        ("- { id: Upper, set: 1 }", "`id` must be an id of lower-case letters"),
        ("- { set: 1 }", "3:5: error: a step needs `id`"),
        ("- nothing", "3:5: error: item 1 of `steps` must be a mapping, not \"nothing\""),
    ])
    func refuses(steps: String, message: String) {
        let messages = Definition.steps(steps).messages
        #expect(messages.count == 1 && messages[0].contains(message), "\(messages)")
    }

    @Test
    func circlesThatShareNoStepAreNamedEach() {
        let messages = Definition.steps(
            """
            - { id: a, set: 1, needs: [b] }
            - { id: b, set: 1, needs: [a] }
            - { id: c, set: 1, needs: [d] }
            - { id: d, set: 1, needs: [c] }
            - { id: e, set: 1 }
            """
        ).messages
        #expect(messages.count == 2, "\(messages)")
    }

    @Test
    func aChainOfTenThousandStepsIsLinked() throws {
        let steps = (0..<10_000).map { "- { id: s\($0), set: 1 }" }.joined(separator: "\n")
        let workflow = try Definition.steps(steps).compiled()
        #expect(workflow.nodes.count == 10_000)
        #expect(try workflow.needs("s9999") == ["s9998"])
    }
}

import JSON
import Linux
import TestSupport
import Testing

@testable import Scheduler
@testable import Simulation

@Suite("A workflow step is a child run")
struct DecideChildTests {
    static func parent(_ edit: (inout DefinitionBuilder) -> Void) -> Scheduler.Definition {
        var builder = DefinitionBuilder()
        edit(&builder)
        return builder.build { $0.name = "parent" }
    }

    static func child(_ edit: (inout DefinitionBuilder) -> Void) -> Scheduler.Definition {
        var builder = DefinitionBuilder()
        edit(&builder)
        return Scheduler.Definition(
            StoredDefinition(
                id: 2,
                workflow: 2,
                version: 1,
                digest: "",
                source: "",
                compiled: builder.build {
                    $0.name = "child"
                    $0.output = Program(.template, "${ steps.work.output }")
                }.workflow
            )
        )
    }

    static let call = Action.child(ChildCall(workflow: "child"))

    @Test("its output is the child's, and the child knows its parent")
    func output() throws {
        let parent = Self.parent { $0.node("sub", Self.call) }
        let family = try Family([parent, Self.child { $0.node("work") }])
        try family.deliverAll()
        let child = try family.member(1)
        #expect(try child.record.facts.parent?.path == "sub")
        #expect(try child.record.facts.parent?.depth == 1)
        try family.succeed("work", 7)
        #expect(try family.root.end?.status == .succeeded)
        #expect(try family.root.ended("sub")?.output?.value == 7)
        #expect(family.store.outbox.isEmpty)
    }

    @Test("the child's failure is the step's, and a handler takes it")
    func failure() throws {
        let child = Self.child { $0.node("work") }
        let bare = try Family([Self.parent { $0.node("sub", Self.call) }, child])
        try bare.deliverAll()
        try bare.fail("work")
        #expect(try bare.root.end?.error?.type == "Exit")

        let caught = try Family([
            Self.parent {
                $0.node("sub", Self.call)
                $0.handler(of: 0, on: ["Exit"], .pass, output: Program(.template, "saved"))
            }, child,
        ])
        try caught.deliverAll()
        try caught.fail("work")
        #expect(try caught.root.ended("sub")?.output?.value == "saved")
    }

    @Test("cancel, pause, resume and terminate reach it")
    func commands() throws {
        let definitions = [
            Self.parent { $0.node("sub", Self.call) }, Self.child { $0.node("work") },
        ]
        let actor = Actor(name: "test")
        let family = try Family(definitions)
        try family.deliverAll()
        try family.root.apply(.pause(actor))
        try family.deliverAll()
        #expect(try family.member(1).record.live?.paused == true)
        try family.root.apply(.resume(actor))
        try family.deliverAll()
        #expect(try family.member(1).record.live?.paused == false)
        try family.root.apply(.cancel(actor))
        try family.deliverAll()
        #expect(try family.root.end == nil)
        try family.running("work").stopAsTold("work")
        try family.deliverAll()
        #expect(try family.member(1).end?.status == .cancelled)
        #expect(try family.root.end?.status == .cancelled)

        let other = try Family(definitions)
        try other.deliverAll()
        try other.root.apply(.terminate(actor))
        try other.deliverAll()
        #expect(try other.member(1).end?.status == .terminated)
        #expect(other.store.outbox.isEmpty)
    }

    /// The cancel took the resume for the order, and the child lived on, paused, when its parent had ended.
    @Test("a cancel in the transition that tells a child something else reaches it")
    func cancelledAsItIsResumed() throws {
        let family = try Family([
            Self.parent { $0.node("sub", Self.call) }, Self.child { $0.node("work") },
        ])
        let actor = Actor(name: "test")
        try family.deliverAll()
        try family.root.apply(.pause(actor))
        try family.deliverAll()
        try family.root.apply(merged: [.resume(actor), .cancel(actor)])
        try family.deliverAll()
        #expect(try family.root.end == nil)
        try family.running("work").stopAsTold("work")
        try family.deliverAll()
        #expect(try family.member(1).end?.status == .cancelled)
        #expect(try family.root.end?.status == .cancelled)
    }

    @Test("a timeout bounds all of it, and may be caught")
    func timeout() throws {
        let family = try Family([
            Self.parent {
                $0.node("sub", Self.call) { $0.settings.timeoutMilliseconds = 1_000 }
                $0.handler(of: 0, on: ["Timeout"], .pass, output: Program(.template, "late"))
            }, Self.child { $0.node("work") },
        ])
        try family.deliverAll()
        try family.root.fireTimer()
        try family.deliverAll()
        try family.running("work").stopAsTold("work")
        try family.deliverAll()
        #expect(try family.root.ended("sub")?.output?.value == "late")
        #expect(try family.root.end?.status == .succeeded)
    }

    @Test("a workflow that starts itself for ever ends with RunTooLarge")
    func depth() throws {
        var limits = RunLimits()
        limits.depth = 5
        var builder = DefinitionBuilder()
        builder.node("again", .child(ChildCall(workflow: "parent")))
        let family = try Family([builder.build { $0.name = "parent" }], limits: limits)
        try family.deliverAll()
        #expect(family.order.count == 6)
        #expect(try family.root.end?.error?.type == ErrorType.runTooLarge)
    }

    @Test("a cancel in the transition that orders a child leaves no child")
    func cancelledAtOnce() throws {
        let family = try Family([
            Self.parent {
                $0.node("sub", Self.call, needs: [])
                $0.node(
                    "no",
                    .fail(type: Program(.template, "No"), message: Program(.template, "no")),
                    needs: []
                )
            }, Self.child { $0.node("work") },
        ])
        try family.deliverAll()
        #expect(family.order.count == 1)
        #expect(try family.root.end?.error?.type == "No")
    }
}

@Suite("A child that succeeded is undone by its own compensations")
struct DecideUndoTests {
    private func child() -> Scheduler.Definition {
        DecideChildTests.child {
            $0.node("first")
            $0.compensation(of: 0)
            $0.node("work", needs: [0])
            $0.compensation(of: 2)
        }
    }

    @Test("in reverse, in a run of its own, under the child's keys; the child stays succeeded")
    func reverse() throws {
        let family = try Family([
            DecideChildTests.parent {
                $0.node("before")
                $0.compensation(of: 0)
                $0.node("sub", DecideChildTests.call, needs: [0])
                $0.node("after", needs: [2])
            }, child(),
        ])
        for path in ["before", "first", "work"] { try family.succeed(path) }
        try family.fail("after")
        let undoing = try family.member(2)
        let task = try undoing.step("work!")
        #expect(task.spec.idempotencyKey == "\(family.order[1])/work!")
        #expect(task.spec.stepKey == "\(family.order[1])/work")
        for path in ["work!", "first!", "before!"] { try family.succeed(path) }
        #expect(family.succeeded.suffix(4) == ["2:work!", "2:first!", "0:sub!", "0:before!"])
        #expect(try family.member(1).end?.status == .succeeded)
        #expect(undoing.end?.compensation == .completed)
        #expect(try family.root.end?.compensation == .completed)
    }

    @Test("what was done side by side is undone in the exact reverse order over all runs")
    func interleaved() throws {
        let family = try Family([
            DecideChildTests.parent {
                $0.node("sub", DecideChildTests.call, needs: [])
                $0.node("side", needs: [])
                $0.compensation(of: 1)
                $0.node("after", needs: [0, 1])
            }, child(),
        ])
        try family.deliverAll()
        for path in ["first", "side", "work"] { try family.succeed(path) }
        try family.fail("after")
        for path in ["work!", "side!", "first!"] { try family.succeed(path) }
        #expect(try family.root.end?.compensation == .completed)
        #expect(family.order.count == 4)
    }

    @Test("its compensation that fails stops the parent's")
    func broken() throws {
        let family = try Family([
            DecideChildTests.parent {
                $0.node("before")
                $0.compensation(of: 0)
                $0.node("sub", DecideChildTests.call, needs: [0])
                $0.node("after", needs: [2])
            }, child(),
        ])
        for path in ["before", "first", "work"] { try family.succeed(path) }
        try family.fail("after")
        try family.succeed("work!")
        try family.fail("first!")
        #expect(try family.member(2).end?.compensation == .failed)
        #expect(try family.root.end?.status == .failed)
        #expect(try family.root.end?.compensation == .failed)
    }

    @Test("three levels deep, from inside a group that is caught")
    func levels() throws {
        let middle = DecideChildTests.child { $0.node("work", .child(ChildCall(workflow: "leaf"))) }
        var leaf = DefinitionBuilder()
        leaf.node("deep")
        leaf.compensation(of: 0)
        var compiled = leaf.build { $0.name = "leaf" }.stored
        compiled.id = 3
        let family = try Family([
            DecideChildTests.parent { builder in
                let inner = builder.scope()
                let group = builder.node("group", .group(scope: inner))
                builder.node("sub", in: inner, DecideChildTests.call)
                builder.node("bad", in: inner)
                builder.handler(of: group, .pass, output: Program(.template, "fine"))
            }, middle, Scheduler.Definition(compiled),
        ])
        try family.deliverAll()
        try family.succeed("deep")
        try family.fail("group/bad")
        try family.succeed("deep!")
        #expect(try family.root.end?.status == .succeeded)
        #expect(try family.root.ended("group")?.output?.value == "fine")
    }
}

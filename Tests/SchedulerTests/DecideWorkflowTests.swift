import JSON
import Testing

@testable import Scheduler

@Suite("Workflows as they are written run as they are described")
struct DecideWorkflowTests {
    private func run(_ source: String, input: JSONValue = [:]) throws -> Simulation {
        let compilation = DefinitionCompiler.compile(source)
        guard let workflow = compilation.workflow else {
            throw Broken(description: "\(compilation.diagnostics)")
        }
        let stored = StoredDefinition(
            id: 1,
            workflow: 1,
            version: 1,
            digest: compilation.digest,
            source: source,
            compiled: workflow
        )
        return try Simulation(Scheduler.Definition(stored), input: input)
    }

    private let order = """
        name: order
        input: { type: object, properties: { sku: { type: string }, quantity: { type: integer } } }
        defaults: { retry: { attempts: 2, delay: 1s, jitter: none } }
        steps:
          - id: reserve
            uses: inventory/reserve
            with: { sku: "${ input.sku }" }
            compensate:
              uses: inventory/release
              with: { reservation: "${ output.reservation }", sku: "${ with.sku }" }
          - id: charge
            uses: payments/charge
            with: { amount: "${ steps.reserve.output.price * input.quantity }" }
            retry: { except: [CardDeclined] }
            compensate: { uses: payments/refund, with: { charge: "${ output.id }" } }
          - id: ship
            uses: shipping/dispatch
            retry: { attempts: 1 }
        output: { charged: "${ steps.charge.output.id }" }
        """

    @Test("an order is fulfilled")
    func fulfilled() throws {
        let simulation = try run(order, input: ["sku": "tea", "quantity": 2])
        #expect(try simulation.step("reserve").input.text == #"{"sku":"tea"}"#)
        try simulation.succeed("reserve", ["reservation": "r1", "price": 4])
        #expect(try simulation.step("charge").input.value["amount"]?.doubleValue == 8)
        try simulation.fail("charge", "Busy")
        try simulation.fireTimer()
        try simulation.succeed("charge", ["id": "c1"])
        try simulation.succeed("ship")
        #expect(simulation.end?.output?.text == #"{"charged":"c1"}"#)
    }

    @Test("a shipping failure brings the money and the stock back")
    func undone() throws {
        let simulation = try run(order, input: ["sku": "tea", "quantity": 2])
        try simulation.succeed("reserve", ["reservation": "r1", "price": 4])
        try simulation.succeed("charge", ["id": "c1"])
        try simulation.fail("ship", "NoCarrier")
        #expect(try simulation.step("charge!").input.text == #"{"charge":"c1"}"#)
        try simulation.succeed("charge!")
        #expect(try simulation.step("reserve!").input.text == #"{"reservation":"r1","sku":"tea"}"#)
        try simulation.succeed("reserve!")
        #expect(simulation.end?.status == .failed)
        #expect(simulation.end?.compensation == .completed)
        #expect(simulation.end?.error?.type == "NoCarrier")
    }

    @Test("groups, switches, handlers, conditions and `always`")
    func whole() throws {
        let simulation = try run(
            """
            name: whole
            steps:
              - id: prepare
                steps:
                  - { id: one, set: 1 }
                  - { id: two, uses: p/two, needs: [] }
                output: { sum: "${ steps.one.output + steps.two.output }" }
              - id: route
                switch:
                  - when: "${ steps.prepare.output.sum > 10 }"
                    steps: [{ id: big, uses: p/big }]
                  - steps: [{ id: small, uses: p/small, with: { sum: "${ steps.prepare.output.sum }" } }]
              - id: risky
                uses: p/risky
                catch:
                  - on: [Known]
                    output: "${ error.type }"
              - { id: never, when: false, uses: p/never }
              - { id: last, run: "cat", with: { caught: "${ steps.risky.output }" } }
            always:
              - { id: clean, uses: p/clean, with: { status: "${ run.status }" } }
            """
        )
        try simulation.succeed("prepare/two", 2)
        #expect(try simulation.step("route/small").input.text == #"{"sum":3}"#)
        try simulation.succeed("route/small", "s")
        try simulation.fail("risky", "Known")
        #expect(try simulation.step("last").input.text == #"{"caught":"Known"}"#)
        try simulation.succeed("last")
        #expect(try simulation.step("clean").input.text == #"{"status":"succeeded"}"#)
        try simulation.succeed("clean")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("foreach and repeat")
    func loops() throws {
        let simulation = try run(
            """
            name: loops
            steps:
              - id: ship
                foreach: { items: "${ input.parcels }", as: parcel, max_concurrency: 1 }
                uses: p/ship
                with: { parcel: "${ parcel }", number: "${ parcel_index }" }
              - id: poll
                repeat: { until: "${ output.done }", delay: 1s, max: 5 }
                uses: p/poll
                with: { round: "${ round }" }
            output: { shipped: "${ [steps.ship.output] }", polled: "${ steps.poll.output }" }
            """,
            input: ["parcels": ["p", "q"]]
        )
        try simulation.succeed("ship[0]", "a")
        #expect(try simulation.step("ship[1]").input.text == #"{"parcel":"q","number":1}"#)
        try simulation.succeed("ship[1]", "b")
        try simulation.succeed("poll#1", ["done": false])
        try simulation.fireTimer()
        #expect(try simulation.step("poll#2").input.text == #"{"round":1}"#)
        try simulation.succeed("poll#2", ["done": true])
        #expect(simulation.end?.output?.text == #"{"shipped":["a","b"],"polled":{"done":true}}"#)
    }
}

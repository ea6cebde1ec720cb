import JSON
import TestSupport
import Testing

@Suite("The order example's plugins keep their books straight")
struct OrderPluginTests {
    private let plugins = "examples/order-fulfilment/plugins"
    private var inventory: String { "\(plugins)/inventory/inventory.py" }
    private var payments: String { "\(plugins)/payments/payments.pl" }

    @Test("a reservation under one key takes goods once, and its release gives them back once")
    func reserveAndRelease() throws {
        let shop = try Prompt.shop()
        for _ in 1...2 {
            _ = try shop.with(key: "a").run([inventory, "reserve"], ["sku": "mug", "quantity": 2])
        }
        #expect(try shop.run([inventory, "stock"]).output?["mug"] == 98)
        for _ in 1...2 { _ = try shop.run([inventory, "release"], ["reservation": "R1"]) }
        #expect(try shop.run([inventory, "stock"]).output?["mug"] == 100)
    }

    @Test("a reservation that nobody saw is released by its step's key")
    func releaseOfUnknownOutcome() throws {
        let shop = try Prompt.shop()
        let unknown = shop.with(key: "a!", stepKey: "a")
        #expect(try unknown.run([inventory, "release"], ["reservation": nil]).output == ["released": 0])
        _ = try shop.with(key: "a").run([inventory, "reserve"], ["sku": "mug", "quantity": 3])
        _ = try unknown.run([inventory, "release"], ["reservation": nil])
        #expect(try shop.run([inventory, "stock"]).output?["mug"] == 100)
    }

    @Test(
        "what is not there is refused for good",
        arguments: [("mug", 101, "NoStock"), ("hat", 1, "UnknownArticle")]
    )
    func refusedReservation(sku: String, quantity: Int64, type: String) throws {
        let order: JSONValue = ["sku": .string(sku), "quantity": .integer(quantity)]
        let answer = try Prompt.shop().run([inventory, "reserve"], order)
        #expect(answer.status == 65)
        #expect(answer.output?.contains(["type": .string(type), "retryable": false]) == true)
    }

    @Test("a charge under one key is taken once, and refunded once")
    func chargeAndRefund() throws {
        let shop = try Prompt.shop()
        let order: JSONValue = ["amount": 2250, "card": "4242"]
        for _ in 1...2 { _ = try shop.with(key: "a").run([payments, "charge"], order) }
        #expect(
            try shop.run([payments, "balance"]).output == ["charged": 2250, "refunded": 0, "balance": 2250]
        )
        _ = try shop.run([payments, "refund"], ["charge": "ch_1"])
        _ = try shop.with(stepKey: "a").run([payments, "refund"], ["charge": nil])
        #expect(
            try shop.run([payments, "balance"]).output == ["charged": 2250, "refunded": 2250, "balance": 0]
        )
    }

    @Test("a declined card takes nothing and has a status of its own")
    func declinedCard() throws {
        let shop = try Prompt.shop()
        let answer = try shop.run([payments, "charge"], ["amount": 1, "card": "4000000000000002"])
        #expect(answer.status == 10)
        #expect(answer.log.contains("declined"))
        #expect(try shop.run([payments, "balance"]).output?["charged"] == 0)
    }

    @Test("falcon is busy once, then takes the parcel; a recalled parcel is gone")
    func dispatchAndRecall() throws {
        let shop = try Prompt.shop().with(key: "run/ship", stepKey: "run/ship")
        let order: JSONValue = ["order": "A-1", "carrier": "falcon", "address": ["city": "Berlin"]]
        let busy = try shop.run(["\(plugins)/shipping/dispatch"], order)
        #expect(busy.status == 75)
        #expect(busy.output?["type"] == "CourierBusy")
        #expect(try shop.run(["\(plugins)/shipping/dispatch"], order).output?["tracking"] == "falcon-A-1")
        for _ in 1...2 {
            #expect(try shop.run(["\(plugins)/shipping/recall"], ["tracking": nil]).status == 0)
        }
    }

    @Test("no carrier goes to Atlantis")
    func unknownAddress() throws {
        let order: JSONValue = ["order": "A-1", "address": ["city": "Atlantis"]]
        let answer = try Prompt.shop().run(["\(plugins)/shipping/dispatch"], order)
        #expect(answer.status == 68)
        #expect(answer.output?["type"] == "AddressUnknown")
    }

    @Test("an unknown coupon is an error of its own type")
    func unknownCoupon() throws {
        try compilePricing()
        let order: JSONValue = ["unit_price": 100, "quantity": 1, "coupon": "NONE"]
        let answer = try Prompt.shop().run(["\(plugins)/pricing/run"], order)
        #expect(answer.status == 65)
        #expect(answer.output?["type"] == "CouponUnknown")
    }
}

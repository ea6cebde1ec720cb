import JSON
import JSONata
import Testing

@Suite("Expressions beyond the suite of the language")
struct ExpressionTests {
    static func value(
        _ source: String,
        _ input: JSONValue? = nil,
        bindings: [String: JSONValue] = [:],
        in environment: Environment = .init()
    ) throws -> JSONValue? {
        try Expression(parsing: source).evaluate(input, bindings: bindings, in: environment)
    }

    static func error(_ source: String, _ input: JSONValue? = nil, in environment: Environment = .init())
        -> ExpressionError?
    {
        do {
            _ = try Expression(parsing: source).evaluate(input, in: environment)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "integers that no arithmetic touches keep their digits",
        arguments: [
            "id", "$.id", "[id][0]", "{ 'a': id }.a", "$max([id, 1])", "(id)",
            "$map([id], function($i) { $i })", "ids[0]",
        ]
    )
    func exactIntegers(source: String) throws {
        let input: JSONValue = ["id": 9_007_199_254_740_993, "ids": [9_007_199_254_740_993]]
        let result = try Self.value(source, input)
        #expect(result == 9_007_199_254_740_993 || result == [9_007_199_254_740_993])
        #expect(
            try Self.value("$string(\(source))", input)?.stringValue?.contains("9007199254740993") == true
        )
    }

    @Test("results of arithmetic that are integers come out as integers")
    func integralResults() throws {
        #expect(try Self.value("2 + 3")?.serialized() == "5")
        #expect(try Self.value("0.1 + 0.2")?.serialized() == "0.30000000000000004")
        #expect(try Self.value("7 / 2 * 2")?.serialized() == "7")
        #expect(try Self.value("-0 * 1")?.serialized() == "0")
        #expect(try Self.value("1e15 * 10")?.serialized() == "10000000000000000")
        #expect(try Self.value("$string(0.1 + 0.2)") == "0.3")
        #expect(try Self.value("$string(1e21)") == "1e+21")
        #expect(try Self.value("$string(0.0000001)") == "1e-7")
        #expect(try Self.value("$string(0.000001)") == "0.000001")
    }

    @Test("numbers beyond a double are refused")
    func outOfRange() {
        #expect(Self.error("1 / 0")?.code == "D1001")
        #expect(Self.error("1e300 * 1e300")?.code == "D1001")
        #expect(Self.error("$power(10, 400)")?.code == "D3061")
    }

    @Test("undefined is an error only where a value is required")
    func requiredValue() throws {
        var environment = Environment()
        #expect(try Self.value("input.missing", [:], in: environment) == nil)
        environment.requiresValue = true
        #expect(Self.error("input.missing", [:], in: environment)?.kind == .undefined)
        #expect(Self.error("$x", [:], in: environment)?.code == ExpressionError.undefinedCode)
        #expect(try Self.value("input.there", ["input": ["there": nil]], in: environment) == .null)
    }

    @Test("the clock and chance are the caller's")
    func determinism() throws {
        var environment = Environment(nowMillis: 1_700_000_000_123, seed: 7)
        #expect(try Self.value("$millis()", in: environment) == 1_700_000_000_123)
        #expect(try Self.value("$now()", in: environment) == "2023-11-14T22:13:20.123Z")
        #expect(try Self.value("$now('[Y]-[M01]', '+0200')", in: environment) == "2023-11")
        let source = "[$random(), $random(), $shuffle([1..20])]"
        let first = try Self.value(source, in: environment)
        #expect(try Self.value(source, in: environment) == first)
        environment.seed = 8
        #expect(try Self.value(source, in: environment) != first)
    }

    @Test("$eval can be off")
    func evalOff() throws {
        #expect(try Self.value("$eval('1 + x')", ["x": 2]) == 3)
        #expect(Self.error("$eval('1')", in: Environment(allowsEval: false))?.code == "T1006")
        #expect(Self.error("$map(['1'], $eval)", in: Environment(allowsEval: false)) != nil)
        #expect(Self.error("$eval('1 +')")?.code == "D3120")
    }

    @Test("functions of the host are checked by their signature and hide built-in ones")
    func hostFunctions() throws {
        var environment = Environment()
        environment.functions["twice"] = try HostFunction(signature: "<n-:n>") { arguments in
            (arguments.first ?? nil)?.doubleValue.map { .real(2 * $0) }
        }
        environment.functions["uppercase"] = try HostFunction { _ in "mine" }
        environment.functions["fail"] = try HostFunction { _ throws(ExpressionError) in
            throw ExpressionError(code: "Refused", message: "not today")
        }
        #expect(try Self.value("$twice(21)", in: environment)?.doubleValue == 42)
        #expect(try Self.value("a.$twice()", ["a": 4], in: environment)?.doubleValue == 8)
        #expect(try Self.value("$map([1, 2], $twice)", in: environment) == [2, 4])
        #expect(try Self.value("$uppercase('a')", in: environment) == "mine")
        #expect(Self.error("$twice('x')", in: environment)?.code == "T0410")
        #expect(Self.error("$fail(1)", in: environment)?.code == "Refused")
    }

    @Test("bindings are variables")
    func bindings() throws {
        #expect(try Self.value("$price * 2", bindings: ["price": 21]) == 42)
        #expect(try Self.value("$o.a[0]", bindings: ["o": ["a": [7]]]) == 7)
    }

    @Test("errors tell the place and the token")
    func places() {
        let syntax = Self.error("input.a +")
        #expect(syntax?.kind == .syntax)
        #expect(syntax?.code == "S0207")
        #expect(syntax?.position == 9)
        let operand = Self.error("'€' & (1 + 'x')")
        #expect(operand?.code == "T2002")
        #expect(operand?.token == "+")
        #expect(operand?.position == 10)
        let call = Self.error("1 + $uppercase(3)")
        #expect(call?.token == "uppercase")
        #expect(call?.message.contains("uppercase") == true)
        #expect(Self.error("sum(1)")?.message.contains("$sum") == true)
    }

    @Test("text is compared by its units and counted in code points")
    func text() throws {
        #expect(try Self.value("'e\u{301}' = '\u{e9}'") == false)
        #expect(try Self.value("$length('e\u{301}😀')") == 3)
        #expect(try Self.value("'\u{ffff}' > '😀'") == true)
        #expect(try Self.value("$match('a😀b', /b/).index") == 3)
    }

    @Test("a percentage beyond all numbers is infinite")
    func largePercentage() throws {
        #expect(try Self.value("$formatNumber(1e308, '0%')") == "Infinity%")
    }

    @Test("a group that takes no part in a match is empty")
    func idleGroups() throws {
        #expect(try Self.value("$match('b', /(a)|b/).match") == "b")
        #expect(try Self.value("$match('b', /b(a)?/).match") == "b")
        #expect(try Self.value("$replace('b', /(a)|b/, '[$1]')") == "[]")
    }

    @Test("a transform cannot make a circle")
    func transformCopies() throws {
        let result = try Self.value("$ ~> |a|{ 'self': $ }|", ["a": ["b": 1]])
        #expect(result == ["a": ["b": 1, "self": ["b": 1]]])
    }

    @Test("a line is answered with a line")
    func lines() {
        let answer = { (line: String) in ExpressionLine.answer(line) }
        #expect(answer(#"{"expr":"a.b","input":{"a":{"b":[1,"x"]}}}"#) == #"{"result":[1,"x"]}"#)
        #expect(answer(#"{"expr":"a"}"#) == #"{"undefined":true}"#)
        #expect(answer(#"{"expr":"$v","bindings":{"v":null}}"#) == #"{"result":null}"#)
        #expect(answer(#"{"expr":"$length('\ud800')"}"#) == #"{"result":1}"#)
        #expect(
            answer(#"{"expr":"1 +"}"#).hasPrefix(#"{"error":{"code":"S0207","position":3,"token":"(end)""#)
        )
        #expect(answer("not json").hasPrefix(#"{"error":{"code":"InvalidLine""#))
        #expect(answer("{}").hasPrefix(#"{"error":{"code":"InvalidLine""#))
    }
}

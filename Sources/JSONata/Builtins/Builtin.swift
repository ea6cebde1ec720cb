/// A function of the language.
final class Builtin: Sendable {
    typealias Body = @Sendable (Evaluator, Arguments) throws(ExpressionError) -> Value

    let name: String
    let signature: Signature
    let arity: Int
    let body: Body

    init(_ name: String, _ signature: Signature, arity: Int, body: @escaping Body) {
        self.name = name
        self.signature = signature
        self.arity = arity
        self.body = body
    }

    var function: Function { Function(.builtin(self)) }

    /// All functions of the language by name.
    static let named: [String: Builtin] = {
        let groups = [
            stringFunctions, textFunctions, patternFunctions, numberFunctions, formatFunctions,
            arrayFunctions,
            objectFunctions, higherOrderFunctions, generalFunctions, dateFunctions,
        ]
        var named: [String: Builtin] = [:]
        for builtin in groups.joined() { named[builtin.name] = builtin }
        return named
    }()

    static let eval = named["eval"]

    static func define(_ name: String, _ signature: String, arity: Int = 1, body: @escaping Body) -> Builtin {
        do {
            return Builtin(name, try Signature(signature), arity: arity, body: body)
        } catch {
            preconditionFailure("signature of $\(name): \(error)")
        }
    }
}

/// The arguments of a call, checked by the signature; those left out are undefined.
struct Arguments {
    let values: [Value]
    let context: Value

    init(_ values: [Value], context: Value) {
        self.values = values
        self.context = context
    }

    subscript(index: Int) -> Value { index < values.count ? values[index] : .undefined }

    func string(_ index: Int) -> String? { self[index].string }

    func number(_ index: Int) -> Double? { self[index].double }

    /// A number as a count, cut to what a count can be; nil when left out.
    func integer(_ index: Int) -> Int? {
        self[index].double.map { $0.isNaN ? 0 : Int(max(-1e15, min(1e15, $0.rounded(.down)))) }
    }

    func items(_ index: Int) -> Items? { self[index].isUndefined ? nil : self[index].itemsOrSelf }

    func function(_ index: Int) -> Function? { self[index].function }
}

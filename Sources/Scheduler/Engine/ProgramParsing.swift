import JSON
import JSONata
import Linux

extension Program {
    /// Parses the program in its language.
    func parse() throws(StepError) -> any Expression {
        do throws(TemplateError) {
            switch language {
            case .template: return ParsedTemplate(try Template(parsing: source))
            case .jsonata: return ParsedTemplate(try Template(expression: source.stringValue ?? ""))
            }
        } catch {
            throw StepError(type: ErrorType.expressionError, message: error.description)
        }
    }
}

/// A template as the engine evaluates it.
private struct ParsedTemplate: Expression {
    private let template: Template
    let reads: Reads

    init(_ template: Template) {
        self.template = template
        reads = Reads(template.reads)
    }

    func evaluate(in context: JSONValue, now: Timestamp) throws(StepError) -> JSONValue? {
        // Whatever hangs on chance or time follows from the recorded time.
        let environment = Environment(
            nowMillis: now.microseconds / 1_000,
            seed: UInt64(bitPattern: now.microseconds)
        )
        do throws(ExpressionError) {
            return try template.evaluate(context, environment: environment)
        } catch {
            let isBudget = error.kind == .budget
            throw StepError(
                type: isBudget ? ErrorType.expressionBudget : ErrorType.expressionError,
                message: error.message,
                details: ["code": .string(error.code)]
            )
        }
    }
}

extension Reads {
    /// What the paths of an expression come to.
    fileprivate init(_ reads: JSONata.Reads) {
        everything = reads.readsEverything || reads.paths.contains(["steps"])
        names = reads.roots
        steps = Set(reads.paths.filter { $0.count > 1 && $0[0] == "steps" }.map { $0[1] })
    }
}

extension JSONValue {
    /// A duration as `sleep` takes it: `1h30m`, or milliseconds.
    var durationMilliseconds: Int64? {
        switch self {
        case .integer(let milliseconds) where milliseconds >= 0: milliseconds
        case .string(let text): DurationText.milliseconds(text)
        default: nil
        }
    }
}

import JSON
import JSONSchema
import Scheduler

extension StepError {
    static func invalidInput(_ message: String) -> StepError {
        StepError(type: ErrorType.invalidInput, message: message, retryable: false)
    }

    static func invalidOutput(_ message: String) -> StepError {
        StepError(type: ErrorType.invalidOutput, message: message, retryable: false)
    }

    static func sandboxFailed(_ message: String) -> StepError {
        StepError(type: ErrorType.sandboxFailed, message: message)
    }

    /// Says what a document breaks of its schema: the first three in words, all in the details.
    static func violations(_ violations: [Violation], type: String, of document: String) -> StepError {
        let first = violations.prefix(3).map(\.description).joined(separator: "; ")
        let more = violations.count > 3 ? "; and \(violations.count - 3) more" : ""
        let list = violations.map { violation -> JSONValue in
            [
                "pointer": .string(violation.pointer.description), "keyword": .string(violation.keyword),
                "message": .string(violation.message),
            ]
        }
        return StepError(
            type: type,
            message: "\(document) does not fit its schema: \(first)\(more)",
            retryable: false,
            details: ["violations": .array(list)]
        )
    }
}

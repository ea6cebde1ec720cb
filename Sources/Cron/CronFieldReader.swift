/// What one term of a field stands for.
enum CronTerm: Hashable, Sendable {
    case number(Int)
    /// `L`: the last day of the month.
    case lastDay
    /// `LW`: the last day of the month that is no Saturday or Sunday.
    case lastWorkday
    /// `5L`: the last such weekday of the month.
    case last(weekday: Int)
    /// `5#2`: the second such weekday of the month.
    case nth(Int, weekday: Int)
}

/// Reads the text of one field, in capitals: lists of `*`, numbers, names, ranges, each with a step.
///
/// As cronsim reads them: a step over a range takes each n-th of it; a step over one number begins there.
struct CronFieldReader {
    let field: CronField
    let text: String

    func terms() throws(CronError) -> Set<CronTerm> {
        try terms(of: text)
    }

    private func terms(of text: String) throws(CronError) -> Set<CronTerm> {
        if text == "*" { return numbers(field.range) }
        if text.contains(",") {
            var all: Set<CronTerm> = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                all.formUnion(try terms(of: String(part)))
            }
            return all
        }
        if field == .dayOfWeek, text.contains("L") { return [try lastWeekday(text)] }
        if field == .dayOfWeek, let (day, count) = halves(of: text, at: "#") {
            return [try nthWeekday(day, count)]
        }
        if let (base, step) = halves(of: text, at: "/") { return try stepped(base, step) }
        if let (first, last) = halves(of: text, at: "-") { return try range(text, first, last) }
        if field == .dayOfMonth, text == "L" { return [.lastDay] }
        if field == .dayOfMonth, text == "LW" { return [.lastWorkday] }
        return [.number(try number(text))]
    }

    private func lastWeekday(_ text: String) throws(CronError) -> CronTerm {
        guard text.hasSuffix("L"), digits(text.dropLast()) != nil else {
            throw error("“\(text)” is not allowed: L stands after a number from 0 to 7, such as 5L")
        }
        return .last(weekday: try number(String(text.dropLast())))
    }

    private func nthWeekday(_ day: String, _ count: String) throws(CronError) -> CronTerm {
        guard let count = digits(count), (1...5).contains(count) else {
            throw error("“\(count)” is not allowed after #: a number from 1 to 5")
        }
        return .nth(count, weekday: try number(day))
    }

    private func stepped(_ base: String, _ stepText: String) throws(CronError) -> Set<CronTerm> {
        guard let step = digits(stepText), step > 0 else {
            throw error("“\(stepText)” is no step: a number of at least 1")
        }
        let all = try terms(of: base)
        let numbers = all.compactMap { if case .number(let number) = $0 { number } else { nil } }.sorted()
        guard let first = numbers.first else { return all }
        let walked = numbers.count == 1 ? Array(first...field.range.upperBound) : numbers
        return Set(Swift.stride(from: 0, to: walked.count, by: step).map { .number(walked[$0]) })
    }

    private func range(_ text: String, _ first: String, _ last: String) throws(CronError) -> Set<CronTerm> {
        let (start, end) = (try number(first), try number(last))
        guard start <= end else { throw error("the range “\(text)” ends before it begins") }
        return numbers(start...end)
    }

    private func numbers(_ range: ClosedRange<Int>) -> Set<CronTerm> {
        Set(range.map { .number($0) })
    }

    private func number(_ text: String) throws(CronError) -> Int {
        if let named = field.number(called: text) { return named }
        guard let number = digits(text), field.range.contains(number) else {
            throw error("“\(text)” is not allowed: \(field.allowed)")
        }
        return number
    }

    /// Digits alone, as a number; a huge one counts as the largest.
    private func digits(_ text: some StringProtocol) -> Int? {
        let isNumber = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isNumber ? Int(text) ?? .max : nil
    }

    private func halves(of text: String, at separator: Character) -> (String, String)? {
        guard let index = text.firstIndex(of: separator) else { return nil }
        return (String(text[..<index]), String(text[text.index(after: index)...]))
    }

    private func error(_ message: String) -> CronError {
        CronError(field: field, text: text, message: message)
    }
}

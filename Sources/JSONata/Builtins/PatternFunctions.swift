extension Builtin {
    /// Functions that search: by text, by regular expression, or by a function that acts as one.
    static let patternFunctions: [Builtin] = [
        define("contains", "<s-(sf):b>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let text = arguments.string(0) else { return .undefined }
            let subject = Subject(text)
            if let wanted = arguments.string(1) {
                return .bool(subject.firstRange(of: Array(wanted.utf8)) != nil)
            }
            guard let matcher = arguments.function(1) else { return .undefined }
            return .bool(try evaluator.firstMatch(of: matcher, in: subject, text: text) != nil)
        },
        define("match", "<s-f<s:o>n?:a<o>>", arity: 3) { (evaluator, arguments) throws(ExpressionError) in
            guard let text = arguments.string(0), let matcher = arguments.function(1) else {
                return .undefined
            }
            return try evaluator.matches(of: matcher, in: text, limit: try limit(arguments, 2, .matchLimit))
        },
        define("split", "<s-(sf)n?:a<s>>", arity: 3) { (evaluator, arguments) throws(ExpressionError) in
            guard let text = arguments.string(0) else { return .undefined }
            let limit = try limit(arguments, 2, .splitLimit)
            try evaluator.tick(text.utf8.count / 8)
            let parts: [String]
            if let separator = arguments.string(1) {
                if separator.isEmpty { try evaluator.charge(bytes: 40 * text.utf8.count) }
                parts = Array(evaluator.split(text, by: separator).prefix(limit ?? .max))
            } else if let matcher = arguments.function(1) {
                parts = try evaluator.split(text, by: matcher, limit: limit)
            } else {
                return .undefined
            }
            try evaluator.charge(bytes: text.utf8.count)
            return try evaluator.makeArray(parts.map { .string($0) })
        },
        define("replace", "<s-(sf)(sf)n?:s>", arity: 4) { (evaluator, arguments) throws(ExpressionError) in
            guard let text = arguments.string(0) else { return .undefined }
            if arguments.string(1)?.isEmpty == true {
                throw ExpressionError(.replaceEmpty, value: .string(""))
            }
            let limit = try limit(arguments, 3, .replaceLimit)
            guard limit != 0 else { return .string(text) }
            if let wanted = arguments.string(1) {
                return .string(try evaluator.replace(wanted, in: text, by: arguments[2], limit: limit))
            }
            guard let matcher = arguments.function(1) else { return .undefined }
            return .string(try evaluator.replace(matcher, in: text, by: arguments[2], limit: limit))
        },
    ]

    private static func limit(_ arguments: Arguments, _ index: Int, _ code: ErrorCode) throws(ExpressionError)
        -> Int?
    {
        guard let number = arguments.number(index) else { return nil }
        guard number >= 0 else { throw ExpressionError(code, value: arguments[index].errorValue) }
        return Int(min(number.rounded(.up), 1e15))
    }
}

extension Evaluator {
    fileprivate func matches(of matcher: Function, in text: String, limit: Int?) throws(ExpressionError)
        -> Value
    {
        let subject = Subject(text)
        var matches: [Value] = []
        guard limit != 0 else { return .sequence([]) }
        try eachMatch(of: matcher, in: subject, text: text, limit: limit) { (found) throws(ExpressionError) in
            try charge(bytes: 200 + found.text.utf8.count)
            let record = Record([
                ("match", .string(found.text)),
                ("index", Value(count: subject.unit(of: found.range.lowerBound))),
                ("groups", .array(found.groups)),
            ])
            matches.append(.object(record))
        }
        return try makeArray(matches, .sequence)
    }

    fileprivate func split(_ text: String, by separator: String) -> [String] {
        guard !separator.isEmpty else { return text.unicodeScalars.map { String($0) } }
        let subject = Subject(text)
        let wanted = Array(separator.utf8)
        var parts: [String] = []
        var start = 0
        while let found = subject.firstRange(of: wanted, from: start) {
            parts.append(subject.text(start..<found.lowerBound))
            start = found.upperBound
        }
        return parts + [subject.text(start..<subject.bytes.count)]
    }

    fileprivate func split(_ text: String, by matcher: Function, limit: Int?) throws(ExpressionError)
        -> [String]
    {
        guard limit != 0 else { return [] }
        let subject = Subject(text)
        var parts: [String] = []
        var start = 0
        try eachMatch(of: matcher, in: subject, text: text, limit: limit) { (found) throws(ExpressionError) in
            parts.append(subject.text(min(start, found.range.lowerBound)..<found.range.lowerBound))
            start = found.range.upperBound
        }
        if parts.count < limit ?? .max { parts.append(subject.text(start..<subject.bytes.count)) }
        return parts
    }

    fileprivate func replace(
        _ wanted: String,
        in text: String,
        by replacement: Value,
        limit: Int?
    ) throws(ExpressionError) -> String {
        guard case .string(let substitute) = replacement else {
            throw ExpressionError(.replacementIsNoString, value: replacement.errorValue)
        }
        let subject = Subject(text)
        let bytes = Array(wanted.utf8)
        var result = ""
        var start = 0
        var count = 0
        while count < limit ?? .max, let found = subject.firstRange(of: bytes, from: start) {
            try tick()
            try charge(bytes: found.lowerBound - start + substitute.utf8.count)
            result += subject.text(start..<found.lowerBound) + substitute
            start = found.upperBound
            count += 1
        }
        return result + subject.text(start..<subject.bytes.count)
    }

    fileprivate func replace(
        _ matcher: Function,
        in text: String,
        by replacement: Value,
        limit: Int?
    ) throws(ExpressionError) -> String {
        let subject = Subject(text)
        var result = ""
        var start = 0
        try eachMatch(of: matcher, in: subject, text: text, limit: limit) { (found) throws(ExpressionError) in
            let substitute = try self.substitute(replacement, for: found, in: subject)
            try charge(bytes: found.range.lowerBound - start + substitute.utf8.count)
            result += subject.text(min(start, found.range.lowerBound)..<found.range.lowerBound) + substitute
            start = found.range.upperBound
        }
        return result + subject.text(start..<subject.bytes.count)
    }

    private func substitute(
        _ replacement: Value,
        for found: Found,
        in subject: Subject
    ) throws(ExpressionError) -> String {
        if case .string(let template) = replacement { return Substitution.fill(template, from: found) }
        guard case .function(let function) = replacement else { return "" }
        let match = Record([
            ("match", .string(found.text)),
            ("start", Value(count: subject.unit(of: found.range.lowerBound))),
            ("end", Value(count: subject.unit(of: found.range.upperBound))),
            ("groups", .array(found.groups)),
        ])
        let value = try callBack(function, .object(match))
        guard case .string(let text) = value else {
            throw ExpressionError(.replacementIsNoString, value: value.errorValue)
        }
        return text
    }
}

/// The `$0`, `$1`, … and `$$` of a replacement.
private enum Substitution {
    static func fill(_ template: String, from found: Found) -> String {
        var result = ""
        var rest = template[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            guard let next = rest.first else { return result + "$" }
            if next == "$" || next == "0" {
                result += next == "$" ? "$" : found.text
                rest.removeFirst()
            } else if let (group, length) = group(in: rest, count: found.groups.count) {
                if found.groups.indices.contains(group - 1) { result += found.groups[group - 1].string ?? "" }
                rest.removeFirst(length)
            } else {
                result += "$"
            }
        }
        return result + rest
    }

    /// The number of a group at the start of a text: as many digits as make sense for the groups there are.
    private static func group(in text: Substring, count: Int) -> (group: Int, length: Int)? {
        let most = count == 0 ? 1 : String(count).count
        let digits = text.prefix(most).prefix { $0.isASCII && $0.isNumber }
        guard let group = Int(digits) else { return nil }
        if most > 1, group > count, let shorter = Int(digits.dropLast()) {
            return (shorter, digits.count - 1)
        }
        return (group, digits.count)
    }
}

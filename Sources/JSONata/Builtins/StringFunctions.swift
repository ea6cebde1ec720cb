extension Builtin {
    static let stringFunctions: [Builtin] = [
        define("string", "<x-b?:s>") { (evaluator, arguments) throws(ExpressionError) in
            guard !arguments[0].isUndefined else { return .undefined }
            var pretty = false
            if case .bool(let wanted) = arguments[1] { pretty = wanted }
            return .string(try evaluator.text(of: arguments[0], pretty: pretty))
        },
        define("length", "<s-:n>") { (_, arguments) throws(ExpressionError) in
            arguments.string(0).map { Value(count: $0.unicodeScalars.count) } ?? .undefined
        },
        define("lowercase", "<s-:s>") { (evaluator, arguments) throws(ExpressionError) in
            try evaluator.mapText(arguments.string(0)) { $0.lowercased() }
        },
        define("uppercase", "<s-:s>") { (evaluator, arguments) throws(ExpressionError) in
            try evaluator.mapText(arguments.string(0)) { $0.uppercased() }
        },
        define("trim", "<s-:s>") { (evaluator, arguments) throws(ExpressionError) in
            try evaluator.mapText(arguments.string(0)) { text in
                let words = text.utf8.split { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
                return words.map { String($0) ?? "" }.joined(separator: " ")
            }
        },
        define("substring", "<s-nn?:s>", arity: 3) { (evaluator, arguments) throws(ExpressionError) in
            try evaluator.mapText(arguments.string(0)) {
                substring($0, from: arguments.number(1) ?? 0, length: arguments.number(2))
            }
        },
        define("substringBefore", "<s-s:s>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            try evaluator.mapText(arguments.string(0)) { text in
                let subject = Subject(text)
                let found = arguments.string(1).flatMap { subject.firstRange(of: Array($0.utf8)) }
                return found.map { subject.text(0..<$0.lowerBound) } ?? text
            }
        },
        define("substringAfter", "<s-s:s>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            try evaluator.mapText(arguments.string(0)) { text in
                let subject = Subject(text)
                let found = arguments.string(1).flatMap { subject.firstRange(of: Array($0.utf8)) }
                return found.map { subject.text($0.upperBound..<subject.bytes.count) } ?? text
            }
        },
        define("pad", "<s-ns?:s>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let text = arguments.string(0) else { return .undefined }
            return .string(try pad(text, to: arguments.number(1) ?? 0, with: arguments.string(2), evaluator))
        },
        define("join", "<a<s>s?:s>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0) else { return .undefined }
            let parts = items.map { $0.string ?? "" }
            let separator = arguments.string(1) ?? ""
            try evaluator.charge(bytes: parts.reduce(0) { $0 + $1.utf8.count + separator.utf8.count })
            return .string(parts.joined(separator: separator))
        },
    ]

    /// A part of a text counted in code points; a negative start counts from the end.
    private static func substring(_ text: String, from start: Double, length: Double?) -> String {
        let scalars = Array(text.unicodeScalars)
        let count = Double(scalars.count)
        let start = count + start < 0 ? 0 : start
        var end = count
        if let length {
            guard length > 0 else { return "" }
            end = start >= 0 ? start + length : count + start + length
        }
        func index(_ place: Double) -> Int {
            let whole = place.rounded(.towardZero)
            return Int(max(0, min(count, whole < 0 ? count + whole : whole)))
        }
        guard index(start) < index(end) else { return "" }
        var part = String.UnicodeScalarView()
        part.append(contentsOf: scalars[index(start)..<index(end)])
        return String(part)
    }

    /// The text filled up to a width: on the right, or on the left when the width is negative.
    private static func pad(
        _ text: String,
        to width: Double,
        with filler: String?,
        _ evaluator: Evaluator
    ) throws(ExpressionError) -> String {
        let filler = filler.flatMap { $0.isEmpty ? nil : $0 } ?? " "
        let wanted = Int(min(1e12, width.rounded(.towardZero).magnitude))
        let missing = wanted - text.unicodeScalars.count
        guard missing > 0 else { return text }
        try evaluator.charge(bytes: missing)
        try evaluator.tick(missing / 16)
        let length = filler.unicodeScalars.count
        let rest = filler.unicodeScalars.prefix(missing % length)
        let padding = String(repeating: filler, count: missing / length) + String(rest)
        return width > 0 ? text + padding : padding + text
    }
}

extension Evaluator {
    /// Applies a function to a text and counts what it gives; undefined stays undefined.
    func mapText(_ text: String?, _ transform: (String) -> String) throws(ExpressionError) -> Value {
        guard let text else { return .undefined }
        try charge(bytes: text.utf8.count)
        return .string(transform(text))
    }
}

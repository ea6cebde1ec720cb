import PCRE

/// A match in a subject, found by a regular expression or by a function that acts as one.
struct Found {
    var range: Range<Int>
    var text: String
    var groups: [Value]
    /// Finds the match behind this one; nil at the end.
    var next: Function?
}

extension Evaluator {
    /// A regular expression called as a function: the match as an object, or undefined.
    func match(_ regex: CompiledRegex, _ arguments: [Value]) throws(ExpressionError) -> Value {
        guard case .string(let text)? = arguments.first else { return .undefined }
        let subject = Subject(text)
        let offset = arguments.count > 1 ? subject.byte(of: Int(arguments[1].double ?? 0)) : 0
        return try matchObject(regex, subject, from: offset, isFirst: true)
    }

    func matchObject(
        _ regex: CompiledRegex,
        _ subject: Subject,
        from offset: Int,
        isFirst: Bool
    ) throws(ExpressionError) -> Value {
        guard let found = try find(regex, in: subject, from: offset, isFirst: isFirst) else {
            return .undefined
        }
        let next = Function(.nextMatch(regex, subject, from: found.range.upperBound))
        return .object(
            Record([
                ("match", .string(found.text)),
                ("start", Value(count: subject.unit(of: found.range.lowerBound))),
                ("end", Value(count: subject.unit(of: found.range.upperBound))),
                ("groups", .array(found.groups)),
                ("next", .function(next)),
            ])
        )
    }

    private func find(
        _ regex: CompiledRegex,
        in subject: Subject,
        from offset: Int,
        isFirst: Bool
    ) throws(ExpressionError) -> Found? {
        guard isFirst || offset < subject.bytes.count else { return nil }
        try tick(1 + subject.bytes.count / 64)
        let match: Pattern.Match?
        do {
            match = try regex.pattern.firstMatch(in: subject.bytes, from: offset)
        } catch {
            throw .budget("matching /\(regex.source)/")
        }
        guard let match else { return nil }
        guard !match.range.isEmpty else {
            throw ExpressionError(.emptyMatch, token: "/", value: .string(regex.source))
        }
        let groups = match.groups.dropFirst().map { $0.map { Value.string(subject.text($0)) } ?? .undefined }
        return Found(range: match.range, text: subject.text(match.range), groups: Array(groups))
    }

    /// Visits the matches in a subject, one behind the other, at most `limit` of them.
    func eachMatch(
        of matcher: Function,
        in subject: Subject,
        text: String,
        limit: Int?,
        _ visit: (Found) throws(ExpressionError) -> Void
    ) throws(ExpressionError) {
        var count = 0
        var next = try firstMatch(of: matcher, in: subject, text: text)
        while let found = next, count < limit ?? .max {
            try visit(found)
            count += 1
            guard count < limit ?? .max else { return }
            if case .regex(let regex) = matcher.kind {
                next = try find(regex, in: subject, from: found.range.upperBound, isFirst: false)
            } else {
                guard let more = found.next else { return }
                next = try self.found(in: call(more, [], context: .undefined), subject)
            }
        }
    }

    func firstMatch(of matcher: Function, in subject: Subject, text: String) throws(ExpressionError) -> Found?
    {
        if case .regex(let regex) = matcher.kind {
            return try find(regex, in: subject, from: 0, isFirst: true)
        }
        return try found(in: callBack(matcher, .string(text)), subject)
    }

    /// What a function that acts as a regular expression has returned.
    private func found(in value: Value, _ subject: Subject) throws(ExpressionError) -> Found? {
        try tick()
        switch value {
        case .undefined, .null, .bool(false): return nil
        default: break
        }
        let start = value.member("start")
        let isMatch =
            start.double != nil || value.member("end").double != nil
            || value.member("groups").isArray || value.member("next").function != nil
        guard isMatch else { throw ExpressionError(.badMatcher) }
        let text = value.member("match").string ?? ""
        let lower = subject.byte(of: Int(max(0, min(start.double ?? 0, 1e15))))
        let upper = min(lower + text.utf8.count, subject.bytes.count)
        return Found(
            range: lower..<max(lower, upper),
            text: text,
            groups: value.member("groups").items.map { Array($0) } ?? [],
            next: value.member("next").function
        )
    }
}

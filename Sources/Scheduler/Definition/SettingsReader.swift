import JSON
import YAML

/// Reads how a program is run, as it stands in a step, in `defaults`, and in a manifest's action.
public struct SettingsReader {
    /// Reads a value that may hold expressions; nil where there are none, as in a manifest.
    let expressions: ((SourceValue) -> Program)?

    /// The keys of a manifest's action that are read here.
    public static let manifestKeys = [
        "timeout", "grace", "heartbeat", "retry", "limits", "require", "secrets", "env",
    ]
    static let defaultsKeys =
        manifestKeys + ["queue_timeout", "queue", "priority", "pin", "concurrency", "rate"]
    static let concurrencyKeys = ["key", "limit"]
    static let rateKeys = ["key", "limit", "per"]
    static let stepKeys = defaultsKeys + ["idempotency_key"]

    /// A reader for manifests: expressions are refused.
    public static var manifest: SettingsReader { SettingsReader(expressions: nil) }

    /// Reads the keys above from a mapping; what else it holds is the caller's.
    ///
    /// `retry` comes as ``Settings/retry``.
    public func settings(_ fields: Fields) -> Settings {
        var settings = Settings()
        settings.timeoutMilliseconds = fields["timeout"]?.duration()
        settings.queueTimeoutMilliseconds = fields["queue_timeout"]?.duration()
        settings.heartbeatMilliseconds = fields["heartbeat"]?.duration()
        settings.graceMilliseconds = fields["grace"]?.duration(minimum: 0)
        settings.retry = fields["retry"].flatMap(RetryReader.rule)
        settings.limits = fields["limits"].flatMap(LimitsReader.limits)
        settings.require = fields["require"].flatMap(LimitsReader.require)
        settings.secrets = fields["secrets"]?.names(.secret)
        settings.env = fields["env"].flatMap(environment)
        settings.pin = fields["pin"]?.bool()
        settings.queue = fields["queue"].flatMap(queue)
        settings.priority = fields["priority"].flatMap(priority)
        settings.idempotencyKey = fields["idempotency_key"].flatMap(text)
        settings.concurrency = fields["concurrency"].flatMap { limit($0, isRate: false) }
        settings.rate = fields["rate"].flatMap { limit($0, isRate: true) }
        return settings
    }

    private func program(_ value: SourceValue) -> Program? {
        guard let expressions else { return value.isLiteral ? Program(.template, value.node.json) : nil }
        return expressions(value)
    }

    private func environment(_ value: SourceValue) -> [String: JSONValue]? {
        guard let members = value.members("a mapping of variables to values") else { return nil }
        var environment: [String: JSONValue] = [:]
        for (name, value) in members {
            if !NamePattern.variable.matches(name) {
                value.keyError(
                    "\"\(name)\" cannot name a variable: it must be \(NamePattern.variable.description)"
                )
            } else if name.hasPrefix("PAWL_") {
                value.keyError("\(name) is set by the engine; names that start with PAWL_ are taken")
            } else {
                environment[name] = program(value)?.source
            }
        }
        return environment
    }

    private func queue(_ value: SourceValue) -> Program? {
        guard let text = value.node.scalar?.value.stringValue, !text.isEmpty else {
            value.mismatch("the name of a queue")
            return nil
        }
        return program(value)
    }

    private func priority(_ value: SourceValue) -> Program? {
        if value.holdsExpression { return program(value) }
        return value.integer(in: -100...100).map { Program(.template, .integer(Int64($0))) }
    }

    private func text(_ value: SourceValue) -> Program? {
        guard let text = value.node.scalar?.value.stringValue, !text.isEmpty else {
            value.mismatch("text, most often with an expression")
            return nil
        }
        return program(value)
    }

    /// `{ key, limit }`, and `per` for a rate.
    private func limit(_ value: SourceValue, isRate: Bool) -> KeyLimit? {
        let what = isRate ? "`rate`" : "`concurrency`"
        let known = isRate ? Self.rateKeys : Self.concurrencyKeys
        guard let fields = value.fields(what, known: known) else { return nil }
        let key = fields.required("key", of: what).flatMap(text)
        let limit = fields.required("limit", of: what)?.integer(in: 1...1_000_000)
        let per = isRate ? fields.required("per", of: what)?.duration() : nil
        guard let key, let limit else { return nil }
        return KeyLimit(key: key, limit: limit, perMilliseconds: per)
    }
}

extension SourceValue {
    /// Whether it is a string with `${` in it.
    var holdsExpression: Bool {
        node.scalar?.value.stringValue?.contains("${") ?? false
    }
}

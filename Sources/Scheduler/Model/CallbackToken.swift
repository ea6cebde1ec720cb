import Linux

/// By what a deferred attempt is answered: it names its step, and holds a secret that belongs to one claim.
///
/// A claim brings a seed of 32 random bytes. The secret of each task is the SHA-256 of seed, run and step,
/// and the database keeps the SHA-256 of that: so the claim stores all hashes by itself, without a round
/// trip, and no token can be made of what is stored.
public struct CallbackToken: Sendable, Hashable {
    public var run: RunID
    public var step: Int
    var secret: [UInt8]

    static func seed() -> [UInt8] { Random.bytes(32) }

    init(run: RunID, step: Int, seed: [UInt8]) {
        self.run = run
        self.step = step
        secret = Self.digest(seed + run.bytes + Self.bigEndian(step))
    }

    /// What the task's row is to hold.
    var hash: [UInt8] { Self.digest(secret) }

    private static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes[...])
        return hash.finish()
    }

    /// As Postgres's `int4send` writes it.
    private static func bigEndian(_ step: Int) -> [UInt8] {
        stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: step >> $0) }
    }
}

extension CallbackToken: CustomStringConvertible {
    /// `RUN-STEP-SECRET`: the letters of the run's id, a number, 64 hexadecimal digits.
    public var description: String {
        "\(run.description.dropFirst(4))-\(step)-\(secret.hexadecimal)"
    }

    /// Reads a token; nil for anything that is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let run = RunID("run_\(parts[0])"), let step = Int32(parts[1]), step > 0,
            let secret = Self.bytes(parts[2]), secret.count == 32
        else { return nil }
        self.run = run
        self.step = Int(step)
        self.secret = secret
    }

    private static func bytes(_ digits: String) -> [UInt8]? {
        let values = digits.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard values.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: values.count, by: 2) {
            guard let high = values[index], let low = values[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}

/// What somebody answers, or says, in place of a process that has deferred.
public struct CallbackAnswer: Sendable {
    public enum Content: Sendable {
        case completed(Payload)
        case failed(StepError)
        /// Still at it; a checkpoint goes to the next attempt.
        case heartbeat(checkpoint: Payload?)
    }
    public var token: CallbackToken
    public var content: Content

    public init(token: CallbackToken, content: Content) {
        self.token = token
        self.content = content
    }
}

extension CallbackAnswer.Content {
    /// As it is kept until the process of the attempt has ended.
    var payload: Payload {
        switch self {
        case .completed(let output): Payload(["output": output.value])
        case .failed(let error): Payload(["error": error.json])
        case .heartbeat: .null
        }
    }

    init(kept payload: Payload) {
        if let error = payload.value["error"].flatMap(StepError.init(json:)) {
            self = .failed(error)
        } else {
            self = .completed(Payload(payload.value["output"] ?? .null))
        }
    }
}

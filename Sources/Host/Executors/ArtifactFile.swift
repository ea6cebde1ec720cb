import Linux
import Scheduler

/// Where the files that attempts leave are kept, and found again.
public protocol ArtifactStore: Sendable {
    /// Keeps a file; blocks.
    ///
    /// - Throws: What is wrong with the store; trying again may help.
    func keep(_ artifact: Artifact, _ bytes: [UInt8], of order: AttemptOrder) throws
    /// The content of an artifact of a run, nil if there is none; blocks.
    func content(of id: String, in run: RunID) throws -> [UInt8]?
}

/// A file that an attempt wants kept, held open so that it stays what it was whatever is put in its place.
final class ArtifactFile: Sendable {
    let name: String
    let mediaType: String
    private let file: Descriptor

    /// The largest, in bytes.
    static let largest = 64 << 20
    /// What one attempt may leave.
    static let mostFiles = 100

    /// Opens a file in one of the folders of an attempt.
    ///
    /// - Throws: `InvalidOutput` that says what is wrong with name, path or media type.
    init(name: String, path: String, mediaType: String?, in folders: [HeldFolder]) throws(StepError) {
        guard Artifact.isName(name) else {
            throw .invalidOutput(
                "\(name.debugDescription) cannot name an artifact: up to 200 letters, digits, `.`, `_`, `-`"
            )
        }
        let type = mediaType ?? Artifact.unknownType
        guard type.wholeMatch(of: /[a-z]+\/[A-Za-z0-9!#$&^_.+-]+(; ?[a-z]+=[A-Za-z0-9_.-]+)?/) != nil else {
            throw .invalidOutput("\(type.debugDescription) is no media type such as text/csv")
        }
        self.name = name
        self.mediaType = type
        file = try Self.open(path, name, in: folders)
    }

    private static func open(
        _ path: String,
        _ name: String,
        in folders: [HeldFolder]
    ) throws(StepError) -> Descriptor {
        var known: LinuxError?
        for folder in folders {
            do {
                return try folder.file(path)
            } catch {
                // What is not there (ENOENT) in one folder may be in the next, where more is wrong with it.
                if known == nil || known?.errno == 2 { known = error }
            }
        }
        throw .invalidOutput(
            "artifact \"\(name)\": \(path) is no plain file in the attempt's scratch or artifacts folder "
                + "(\(known.map { "\($0)" } ?? "no such folder"))"
        )
    }

    /// Reads the file.
    ///
    /// - Throws: `OutputLimit` beyond 64 MiB, `SandboxFailed` if it cannot be read.
    func content() throws(StepError) -> [UInt8] {
        do {
            return try file.readToEnd(limit: Self.largest)
        } catch {
            let tooBig: Int32 = 27
            guard error.errno == tooBig else { throw .sandboxFailed("artifact \"\(name)\": \(error)") }
            throw StepError(
                type: ErrorType.outputLimit,
                message:
                    "artifact \"\(name)\" has more than \(Self.largest) bytes; pass larger data by reference",
                retryable: false
            )
        }
    }
}

/// The thread that keeps the files of attempts, and fetches those that others have left.
final class Archive: Sendable {
    private let store: (any ArtifactStore)?
    private let desk = Desk("archive")

    /// How often a store that fails is tried again.
    private static let tries = 6

    /// Without a store, as at a prompt, files are read and told of, not kept.
    init(_ store: (any ArtifactStore)?) { self.store = store }

    func perform(_ task: @escaping @Sendable () -> Void) { desk.perform(task) }

    /// Keeps the files of one attempt.
    func keeper(of order: AttemptOrder) -> RunningStep.Keeper {
        { [self] files throws(StepError) in try keep(files, of: order) }
    }

    /// Keeps files, and gives what they are referred to by; blocks.
    func keep(_ files: [ArtifactFile], of order: AttemptOrder) throws(StepError) -> [Artifact] {
        var kept: [Artifact] = []
        for (number, file) in files.enumerated() {
            let bytes = try file.content()
            let artifact = Artifact(
                id: "\(order.token)-\(number + 1)",
                name: file.name,
                mediaType: file.mediaType,
                size: bytes.count,
                sha256: SHA256.hexadecimal(bytes)
            )
            if let store {
                try patiently("artifact \"\(file.name)\" cannot be kept") {
                    try store.keep(artifact, bytes, of: order)
                }
            }
            kept.append(artifact)
        }
        return kept
    }

    /// The files that an input refers to, by name; blocks.
    ///
    /// - Throws: `InvalidInput` for one that the run does not have, `SandboxFailed` if the store does not
    ///   answer.
    func fetch(for order: AttemptOrder) throws(StepError) -> [(name: String, content: [UInt8])] {
        guard let store else { return [] }
        var found: [(name: String, content: [UInt8])] = []
        for artifact in Artifact.references(in: order.input.value) {
            guard !found.contains(where: { $0.name == artifact.name }) else {
                throw .invalidInput("the input refers to two artifacts named \"\(artifact.name)\"")
            }
            let content = try patiently("artifact \"\(artifact.name)\" cannot be fetched") {
                try store.content(of: artifact.id, in: order.run)
            }
            guard let content else {
                throw .invalidInput("this run has no artifact \(artifact.id), named \"\(artifact.name)\"")
            }
            found.append((artifact.name, content))
        }
        return found
    }

    /// Whether an input may refer to artifacts.
    func mayConcern(_ input: Payload) -> Bool {
        guard store != nil, let dollar = input.text.utf8.firstIndex(of: UInt8(ascii: "$")) else {
            return false
        }
        return input.text[dollar...].contains("\"") && input.text.contains("\"\(Artifact.mark)\"")
    }

    private func patiently<Result>(_ what: String, _ body: () throws -> Result) throws(StepError) -> Result {
        let policy = ReconnectPolicy()
        let pause = Waker()
        var failures = 0
        while true {
            do {
                return try body()
            } catch {
                failures += 1
                guard failures < Self.tries else { throw .sandboxFailed("\(what): \(error)") }
                pause.wait(until: .now + policy.delay(after: failures, fraction: .random(in: 0..<1)))
            }
        }
    }
}

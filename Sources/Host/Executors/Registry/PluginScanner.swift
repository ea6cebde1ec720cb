import JSON
import Linux
import Scheduler

/// What the folders of plugins held when they were looked at.
public struct PluginCatalogue: Sendable {
    /// By name, the newest version of each first.
    public var plugins: [Plugin] = []
    public var problems: [PluginProblem] = []
    /// Everything that was looked at, as it was then.
    var seen: [String: Files.Stamp?] = [:]

    /// Whether nothing of it has changed since.
    var isCurrent: Bool { seen.allSatisfy { Files.stamp($0.key, followsLinks: true) == $0.value } }
}

/// Looks for plugins in folders.
struct PluginScanner {
    private let cache: FileCache
    private var catalogue = PluginCatalogue()

    private init(cache: FileCache) { self.cache = cache }

    /// Reads all folders; where two hold the same version of a plugin, the first counts.
    static func scan(_ folders: [String], cache: FileCache) -> PluginCatalogue {
        var scanner = PluginScanner(cache: cache)
        for folder in folders { scanner.scan(root: folder) }
        scanner.catalogue.plugins.sort { left, right in
            left.name == right.name ? newer(left, right) : left.name < right.name
        }
        return scanner.catalogue
    }

    private static func newer(_ left: Plugin, _ right: Plugin) -> Bool {
        guard let version = left.version else { return false }
        return right.version.map { $0 < version } ?? true
    }

    private mutating func scan(root: String) {
        look(at: root)
        if Files.exists("\(root)/plugin.yaml") { return scan(plugin: root) }
        if Files.kind(of: root) == .file, let slash = root.lastIndex(of: "/") {
            let name = String(root[root.index(after: slash)...])
            return scan(executable: root, named: name, in: String(root[..<slash]))
        }
        let names: [String]
        do {
            names = try Files.names(in: root)
        } catch {
            return report(root, "is no folder that can be read: \(LinuxError.text(error.errno))")
        }
        for name in names where !name.hasPrefix(".") {
            let path = "\(root)/\(name)"
            if (try? Files.names(in: path)) != nil {
                look(at: path)
                if Files.exists("\(path)/plugin.yaml") { scan(plugin: path) }
            } else if Files.isExecutable(path) {
                scan(executable: path, named: name, in: root)
            }
        }
    }

    private mutating func scan(plugin folder: String) {
        let path = "\(folder)/plugin.yaml"
        look(at: path)
        let reading = cache.manifest(path, read: Self.read)
        catalogue.problems += reading.problems
        guard let manifest = reading.manifest else { return }
        let actions = manifest.actions.map { action in
            self.action(action, of: manifest, in: folder, path)
        }
        add(
            Plugin(
                name: manifest.name,
                version: manifest.version,
                folder: folder,
                path: path,
                actions: actions
            )
        )
    }

    private static func read(_ path: String) -> FileCache.ManifestReading {
        let diagnostics = Diagnostics()
        let bytes: [UInt8]
        do {
            bytes = try Files.read(path, limit: 4 << 20)
        } catch {
            let message = "cannot be read: \(LinuxError.text(error.errno))"
            return FileCache.ManifestReading(problems: [PluginProblem(path: path, message: message)])
        }
        let manifest = ManifestReader.read(bytes, diagnostics)
        let problems = diagnostics.all.filter { $0.severity == .error }.map {
            PluginProblem(path: path, diagnostic: $0, message: $0.message)
        }
        return FileCache.ManifestReading(manifest: manifest, problems: problems)
    }

    private mutating func action(
        _ action: Manifest.Action,
        of manifest: Manifest,
        in folder: String,
        _ path: String
    ) -> PluginAction {
        let variables = (action.settings.env ?? [:]).mapValues(\.variableText)
        let executable = Executable(action.exec, in: folder, path: variables["PATH"] ?? StepProgram.path)
        for file in executable.files { look(at: file) }
        if let problem = executable.problem {
            report(path, "action \(action.name) cannot be started: \(problem)")
        }
        let isWarm = action.mode == .warm
        let program = StepProgram(
            arguments: executable.arguments,
            folder: folder,
            environment: isWarm
                ? StepProgram.warmEnvironment(folder: folder)
                : StepProgram.environment(action: action.name, folder: folder),
            variables: variables,
            warm: isWarm ? manifest.warm ?? Manifest.WarmRules() : nil,
            input: action.input,
            contract: OutcomeContract(exitCodes: action.exitCodes, output: action.output),
            manifest: action.settings,
            digest: digest([path] + executable.files)
        )
        return PluginAction(
            plugin: manifest.name,
            version: manifest.version,
            manifest: action,
            problem: executable.problem,
            program: program
        )
    }

    /// `charge_card.py` is the plugin `charge-card`.
    static func name(ofExecutable file: String) -> String {
        let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
        return String(stem.map { $0 == "_" ? "-" : $0 })
    }

    private mutating func scan(executable path: String, named file: String, in root: String) {
        look(at: path)
        let name = Self.name(ofExecutable: file)
        guard NamePattern.plugin.matches(name) else {
            return report(path, "is executable but no plugin: \"\(name)\" is not \(NamePattern.plugin)")
        }
        let manifest = Manifest.Action(
            name: "run",
            exec: [path],
            mode: .oneshot,
            settings: Settings(),
            exitCodes: [:],
            examples: [],
            line: 0
        )
        let problem = Executable.problem(of: path)
        if let problem { report(path, problem) }
        let program = StepProgram(
            arguments: [path],
            folder: path,
            environment: StepProgram.environment(action: "run", folder: root),
            contract: OutcomeContract(),
            digest: digest([path])
        )
        let action = PluginAction(
            plugin: name,
            version: nil,
            manifest: manifest,
            problem: problem,
            program: program
        )
        add(Plugin(name: name, folder: root, path: path, actions: [action]))
    }

    private mutating func add(_ plugin: Plugin) {
        let twin = catalogue.plugins.first { $0.name == plugin.name && $0.version == plugin.version }
        if let twin { return report(plugin.path, "\(plugin.title) is already found at \(twin.path)") }
        catalogue.plugins.append(plugin)
    }

    /// One digest for several files: that of their digests, one a line.
    private func digest(_ paths: [String]) -> String? {
        let digests = paths.compactMap(cache.digest)
        guard digests.count == paths.count else { return nil }
        return SHA256.hexadecimal(Array(digests.map { $0 + "\n" }.joined().utf8))
    }

    private mutating func look(at path: String) {
        catalogue.seen[path] = Files.stamp(path, followsLinks: true)
    }

    private mutating func report(_ path: String, _ message: String) {
        catalogue.problems.append(PluginProblem(path: path, message: message))
    }
}

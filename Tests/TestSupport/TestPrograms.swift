import Linux

/// The programs of this package that tests run.
public enum TestPrograms {
    /// The folder of the repository.
    public static let repository = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    /// The path of an executable of this package, beside the one that runs the tests.
    public static func product(_ name: String) throws -> String {
        let executable = try ThisProcess.executablePath()
        let folder = executable[..<(executable.lastIndex(of: "/") ?? executable.startIndex)]
        return "\(folder)/\(name)"
    }

    /// The launcher, built if this is the first use.
    public static func launcher() throws -> String {
        if let built = ThisProcess.environment("PAWL_LAUNCHER") { return built }
        return try builtLauncher.get()
    }

    private static let builtLauncher = Result {
        let build = ProcessSpawn(
            path: "/bin/sh",
            arguments: ["sh", "\(repository)/scripts/build-launcher"],
            environment: ThisProcess.environment().map { "\($0)=\($1)" },
            descriptors: [(2, 1), (2, 2)]
        )
        let (status, _) = try build.start().wait()
        guard status == .exited(0) else {
            throw NeverHappened(description: "scripts/build-launcher ended with \(status)")
        }
        return "\(repository)/.build/launcher/pawl-launch"
    }
}

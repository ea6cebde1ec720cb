import Linux

/// Why no sandbox can be made here.
public struct SandboxError: Error, Sendable, CustomStringConvertible {
    public let description: String
}

/// The program that starts commands, `pawl-launch`.
public enum Launcher {
    static let name = "pawl-launch"

    /// Finds it: `PAWL_LAUNCHER`, beside this executable, in `../libexec/pawl`, or in the build's `launcher`
    /// folder.
    ///
    /// - Throws: `SandboxError` that names the places.
    public static func locate() throws -> String {
        if let path = ThisProcess.environment("PAWL_LAUNCHER") {
            guard Files.isExecutable(path) else {
                throw SandboxError(description: "PAWL_LAUNCHER is \(path), which is no executable file")
            }
            return path
        }
        let places = candidates(for: try ThisProcess.executablePath())
        if let path = places.first(where: Files.isExecutable) { return path }
        throw SandboxError(
            description: "\(name) is missing; build it with scripts/build-launcher, or set PAWL_LAUNCHER "
                + "(looked at \(places.joined(separator: ", ")))"
        )
    }

    private static func candidates(for executable: String) -> [String] {
        var folders = executable.split(separator: "/").dropLast()
        let beside = "/" + folders.joined(separator: "/")
        var places = ["\(beside)/\(name)"]
        while folders.popLast() != nil {
            let folder = folders.map { "/\($0)" }.joined()
            places.append("\(folder)/libexec/pawl/\(name)")
            places.append("\(folder)/launcher/\(name)")
            if places.count > 8 { break }
        }
        return places
    }
}

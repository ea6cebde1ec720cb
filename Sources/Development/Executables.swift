import Linux

/// Where the programs of the servers are found.
enum Executables {
    /// A program on the `PATH`, or where Debian keeps what is for root.
    static func find(_ name: String, package: String) throws(DevelopmentError) -> String {
        let folders = (ThisProcess.environment("PATH") ?? "/usr/bin:/bin").split(separator: ":")
        let places = folders.map(String.init) + ["/usr/sbin", "/sbin"]
        if let place = places.first(where: { Files.isExecutable("\($0)/\(name)") }) {
            return "\(place)/\(name)"
        }
        throw DevelopmentError(
            "there is no \(name) on this machine",
            hint: "install it: apt install \(package)"
        )
    }

    /// The folder with Postgres's programs: of `version` if a data folder asks for it, else the newest.
    static func postgresFolder(version: String?) throws(DevelopmentError) -> String {
        // Debian keeps several versions side by side and none on the PATH.
        let root = "/usr/lib/postgresql"
        let versions = ((try? Files.names(in: root)) ?? []).compactMap(Int.init).sorted()
        let folders = versions.map { (String($0), "\(root)/\($0)/bin") }
        let found = version.map { wanted in folders.last { $0.0 == wanted } } ?? folders.last
        if let found, Files.isExecutable("\(found.1)/postgres") { return found.1 }
        if version == nil || folders.isEmpty {
            return try String(find("postgres", package: "postgresql").dropLast("/postgres".count))
        }
        throw DevelopmentError(
            "the data is of Postgres \(version ?? ""), which is not on this machine",
            hint: "install it: apt install postgresql-\(version ?? "")"
        )
    }
}

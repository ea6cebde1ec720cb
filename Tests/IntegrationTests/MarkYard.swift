import Linux
import TestSupport

/// A folder in which scripts leave marks and look for what mends them.
struct MarkYard {
    let folder: String

    init() throws { folder = try TestServers.folder() }

    /// A script that notes each of its executions, and fails while `mended` is not there.
    func script(_ mark: String, needs mended: String? = nil) -> String {
        let note = "echo \(mark) >> \(folder)/marks"
        return mended.map { "\(note); test -e \(folder)/\($0)" } ?? note
    }

    func mend(_ name: String) throws { try Files.write("\(folder)/\(name)", []) }

    var marks: [String] {
        let text = (try? Files.read("\(folder)/marks")) ?? []
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    func count(_ mark: String) -> Int { marks.count { $0 == mark } }
}

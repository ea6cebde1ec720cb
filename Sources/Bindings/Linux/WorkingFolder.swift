import Glibc

extension ThisProcess {
    /// The folder that relative paths begin at; `/` if it is gone.
    public static var workingFolder: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}

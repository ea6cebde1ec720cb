import CLinux
import Glibc

/// A system call that failed: which call, on what, and the kernel's reason.
public struct LinuxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the call, as its manual page has it: `open`.
    public let call: String
    /// What it was called on, usually a path; may be empty.
    public let subject: String
    /// The kernel's reason, one of the `E…` numbers.
    public let errno: Int32

    public init(_ call: String, _ subject: String = "", errno: Int32) {
        self.call = call
        self.subject = subject
        self.errno = errno
    }

    /// The failure of the call that has just returned -1 on this thread.
    init(last call: String, _ subject: String = "") {
        self.init(call, subject, errno: Glibc.errno)
    }

    public var description: String {
        let what = subject.isEmpty ? call : "\(call) \(subject)"
        return "\(what): \(Self.text(errno))"
    }

    /// The kernel's words for an error number: "No such file or directory".
    public static func text(_ errno: Int32) -> String {
        guard let text = pawl_error_text(errno) else { return "error \(errno)" }
        return String(cString: text)
    }
}

import Linux

extension StandardStream {
    /// By the conventions of `NO_COLOR` and `CLICOLOR_FORCE`; else where it is a terminal.
    var isColoured: Bool {
        let environment = ThisProcess.environment()
        guard (environment["NO_COLOR"] ?? "").isEmpty else { return false }
        return !(environment["CLICOLOR_FORCE"] ?? "").isEmpty || isTerminal
    }

    /// It can be drawn over: a terminal that is watched by somebody.
    var isDrawable: Bool {
        let environment = ThisProcess.environment()
        return isTerminal && environment["TERM"] != "dumb" && (environment["CI"] ?? "").isEmpty
    }
}

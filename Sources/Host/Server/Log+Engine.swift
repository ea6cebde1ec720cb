import JSON
import Scheduler

extension Log {
    func report(_ report: EngineReport) {
        switch report {
        case .storeFailed(let error): self.report(error, by: "writer")
        case .lateResultRejected(let run, let step, let trace):
            warning(
                "a late result was rejected: its worker no longer held the step",
                [
                    "run": .string(run.description), "step": .integer(Int64(step)),
                    "trace_id": .string(trace),
                ]
            )
        }
    }

    func report(_ error: StoreError, by service: String) {
        let (what, message) =
            switch error {
            case .unreachable(let message): ("the database cannot be reached; trying again", message)
            case .unknownCommit(let message): ("the reply to a commit was lost; reading back", message)
            case .transient(let message): ("the database asks to try again", message)
            case .refused(let message): ("the database refuses", message)
            }
        warning(what, ["service": .string(service), "error": .string(message)])
    }
}

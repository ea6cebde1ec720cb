import HTTP
import JSON
import Linux
import Scheduler

/// `/v1/runs/{run}/diagnosis`: why a run waits or failed, and what to do.
struct DiagnosisResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route(
                "GET",
                "/v1/runs/{run}/diagnosis",
                .stored { call, reader, _ in
                    let run = try api.run(call, reader)
                    let skew = Timestamp.now - api.engine.clock.now
                    guard let diagnosis = try reader.runs.diagnosis(of: run, clockSkew: skew) else {
                        throw Problem.notFound("run \(run)")
                    }
                    return .json(Self.json(diagnosis))
                }
            )
        ]
    }

    private static func json(_ diagnosis: Diagnosis) -> JSONValue {
        [
            "run": .string(diagnosis.run.description), "status": .string(diagnosis.status.rawValue),
            "sentence": .string(diagnosis.sentence), "findings": .array(diagnosis.findings.map(json)),
        ]
    }

    private static func json(_ finding: Finding) -> JSONValue {
        [
            "rule": .string(finding.rule.rawValue), "step": RunJSON.text(finding.path),
            "sentence": .string(finding.sentence), "evidence": .object(finding.evidence),
            "action": ["text": .string(finding.next.text), "command": .string(finding.next.command)],
        ]
    }
}

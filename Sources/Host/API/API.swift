import HTTP
import JSON
import Scheduler

/// What the resources of the API share: the engine that changes runs, and the readers that tell of them.
struct API: Sendable {
    let engine: Engine
    let readers: ReaderPool
    let polls: LongPolls
    let logs: LogStreams
    let streams: EventStreams
    let dashboard: DashboardFiles
    let gatekeeper = Gatekeeper()
    let inputs = InputCheck()
    let cron: CronService
    let batches: BatchService
    let plugins: @Sendable () -> JSONValue
    /// What is wrong with Redis; nil while it works or where there is none to be.
    let redisProblem: @Sendable () -> String?

    var routes: [Route] {
        [
            HealthResource(api: self).routes,
            MetricsResource(api: self).routes,
            WorkflowsResource(api: self).routes,
            WorkflowGraphResource(api: self).routes,
            ImportsResource(api: self).routes,
            RunsResource(api: self).routes,
            RunActionsResource(api: self).routes,
            RetryResource(api: self).routes,
            RerunResource(api: self).routes,
            BatchesResource(api: self).routes,
            SignalsResource(api: self).routes,
            CallbacksResource(api: self).routes,
            StepActionsResource(api: self).routes,
            HistoryResource(api: self).routes,
            DiagnosisResource(api: self).routes,
            SchedulesResource(api: self).routes,
            ArtifactsResource(api: self).routes,
            OperationsResource(api: self).routes,
            QueuesResource(api: self).routes,
            ChartsResource(api: self).routes,
            StreamResource(api: self).routes,
            OpenAPIResource().routes,
            TokensResource(api: self, gatekeeper: gatekeeper).routes,
            SessionResource(api: self, gatekeeper: gatekeeper).routes,
            DashboardResource(files: dashboard).routes,
        ].flatMap { $0 }
    }

    /// The run that a path names: `run_…`, or `WORKFLOW:KEY`, the live one or else the newest.
    func run(_ call: Call, _ reader: Reader) throws -> RunID {
        let name = call.parameter("run")
        if let run = RunID(name) { return run }
        guard let colon = name.firstIndex(of: ":") else { throw Problem.notFound("run “\(name)”") }
        let (workflow, key) = (String(name[..<colon]), String(name[name.index(after: colon)...]))
        guard let run = try reader.runs.run(of: workflow, key: key) else {
            throw Problem.notFound("run of workflow “\(workflow)” with key “\(key)”")
        }
        return run
    }

    func detail(_ run: RunID, _ reader: Reader) throws -> RunDetail {
        if let detail = try reader.run.run(run) { return detail }
        if try reader.store.importedRun(run) != nil { throw RunIsImported(run: run) }
        throw Problem.notFound("run \(run)")
    }
}

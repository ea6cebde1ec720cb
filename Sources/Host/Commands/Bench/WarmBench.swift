import JSON
import Linux

/// `warm`: `seq` with a light step in Python, kept warm, beside the same step one-shot.
struct WarmBench {
    let runs: Int

    /// Steps of the flow that other engines have published figures of.
    private static let flow = 40

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("warm")
        for action in ["warm", "oneshot"] {
            let steps = (1...Bench.chainSteps).map {
                "{ id: s\($0), uses: light/\(action), with: { n: \($0) } }"
            }
            try bench.apply("light-\(action)", steps: steps)
        }
        try bench.apply("light-flow", steps: (1...Self.flow).map { "{ id: s\($0), uses: light/warm }" })
        let sizes = [max(1, runs / 10), runs]
        let oneShotRuns = max(1, runs / 50)
        _ = try SequenceBench.round(bench, runs: runs, of: "light-warm")
        var (ours, small, cpu, oneShot, flows): ([Double], [Double], [Double], [Double], [Double])
        (ours, small, cpu, oneShot, flows) = ([], [], [], [], [])
        for number in 1...bench.setup.rounds {
            BenchProgress.show("warm", number, of: bench.setup.rounds)
            oneShot.append(try SequenceBench.round(bench, runs: oneShotRuns, of: "light-oneshot"))
            let before = bench.cpuMilliseconds
            ours.append(try SequenceBench.round(bench, runs: runs, of: "light-warm"))
            cpu.append((bench.cpuMilliseconds - before) / Double(runs * Bench.chainSteps))
            small.append(try SequenceBench.round(bench, runs: sizes[0], of: "light-warm"))
            flows.append(try flow(bench))
        }
        figures.stepsPerSecond = ours.median
        figures.cpuMillisecondsPerStep = cpu.median
        figures.floor =
            try bench.floors.commits(inFlight: bench.setup.inFlight, count: 5_000).objectValue ?? [:]
        figures.ratio = ours.median / oneShot.median
        figures.others = [("oneshot_steps_per_s", oneShot.median), ("flow40_ms", flows.median)]
        let commits = figures.floor["commits_per_s"]?.doubleValue
        figures.aim("steps_per_s", ours.median, .atLeast(6_000), floor: commits)
        figures.aim("of_oneshot", ours.median / oneShot.median, .atLeast(50), note: "the steps of one-shot")
        figures.aim("flow40_ms", flows.median, .atMost(50))
        figures.sizes = [
            ["runs": .integer(Int64(sizes[0])), "steps_per_s": .real(small.median)],
            ["runs": .integer(Int64(runs)), "steps_per_s": .real(ours.median)],
        ]
        return figures
    }

    /// Milliseconds of one run of 40 steps.
    private func flow(_ bench: Bench) throws -> Double {
        let client = try bench.client()
        let start = MonotonicTime.now
        try bench.wait(for: try bench.start(client, "light-flow"), client)
        return start.secondsAgo * 1e3
    }

    /// Lays the plugin down whose one program serves both modes.
    static func layPlugin(in folder: String) throws {
        try Files.makeFolders("\(folder)/light")
        try Files.write("\(folder)/light/plugin.yaml", Array(manifest.utf8))
        try Files.write("\(folder)/light/light.py", Array(program.utf8), mode: 0o755)
    }

    private static let manifest = """
        name: light
        version: 1.0.0
        actions:
          warm: { exec: [./light.py], mode: warm }
          oneshot: { exec: [./light.py] }

        """

    private static let program = #"""
        #!/usr/bin/env python3
        import json, os, sys

        def perform(order):
            return {"n": order.get("n", 0) + 1}

        if os.environ.get("PAWL_MODE") != "warm":
            print(json.dumps(perform(json.load(sys.stdin))))
            sys.exit()
        for line in sys.stdin:
            frame = json.loads(line)
            if frame.get("method") == "hello":
                answer = {"id": frame["id"], "result": {"protocol": 1, "concurrency": 1}}
            elif frame.get("method") == "run":
                answer = {"id": frame["id"], "result": perform(frame["params"]["input"])}
            else:
                continue
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()

        """#
}

import JSON
import Linux
import TestSupport
import Testing

@Suite("Metrics")
struct MetricsTests {
    /// The names with their kinds, and the samples by their whole name with labels.
    private struct Page {
        var kinds: [String: String] = [:]
        var helps: Set<String> = []
        var samples: [String: Double] = [:]
        /// What comes twice, or a sample before its family.
        var wrong: [String] = []

        init(_ text: String) {
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                if line.hasPrefix("# TYPE ") {
                    if kinds.updateValue(words[3], forKey: words[2]) != nil { wrong.append(words[2]) }
                } else if line.hasPrefix("# HELP ") {
                    if !helps.insert(words[2]).inserted || words.count < 4 { wrong.append(words[2]) }
                } else if let space = line.lastIndex(of: " ") {
                    let name = String(line[..<space])
                    let value = Double(line[line.index(after: space)...])
                    if value == nil || samples.updateValue(value ?? 0, forKey: name) != nil {
                        wrong.append(name)
                    }
                }
            }
        }
    }

    @Test("every family has a help, a kind, and a name by convention")
    func conventions() async throws {
        try await APIFixture.serve { api in
            _ = try api.run(script("measured"))
            let page = Page(try api.get("/metrics").text)
            #expect(page.kinds.count > 30)
            #expect(page.helps == Set(page.kinds.keys))
            #expect(page.wrong.isEmpty)
            for (name, kind) in page.kinds {
                #expect(name.hasSuffix("_total") == (kind == "counter"), "\(name) is a \(kind)")
                #expect(name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil)
                let others = ["_count", "_sum", "_bucket", "_info"].filter(name.hasSuffix)
                #expect(others.isEmpty || name == "pawl_build_info", "\(name) ends as a part of a family")
                let units = name.split(separator: "_").filter { Self.otherUnits.contains(String($0)) }
                #expect(units.isEmpty, "\(name) is in no base unit")
                #expect(kind != "histogram" || name.hasSuffix("_seconds"), "\(name) has no unit")
            }
            for sample in page.samples.keys {
                let name = String(sample.prefix { $0 != "{" })
                let family = ["_bucket", "_sum", "_count"].reduce(name) { name, suffix in
                    let shorter = name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
                    return page.kinds[shorter] == "histogram" ? shorter : name
                }
                #expect(page.kinds[family] != nil, "\(sample) belongs to no family")
            }
        }
    }

    /// Prometheus measures in seconds, bytes, ratios.
    private static let otherUnits: Set = [
        "milliseconds", "microseconds", "ms", "us", "minutes", "hours", "days", "kilobytes", "megabytes",
        "kib", "mib", "percent",
    ]

    @Test("Prometheus' own tool has nothing to say, of the metrics and of the alerts")
    func promtool() async throws {
        let program = "/usr/bin/promtool"
        guard Files.isExecutable(program) else { return print("skipped: there is no promtool") }
        try await APIFixture.serve { api in
            _ = try api.run(script("inspected"))
            let metrics = try PawlProcess(
                ["check", "metrics"],
                input: try api.get("/metrics").text,
                program: program
            )
            #expect(try metrics.exit() == .exited(0))
            #expect(metrics.output.readToEnd(within: PawlProcess.patience) == "")
            #expect(metrics.errors.readToEnd(within: PawlProcess.patience) == "")
            let alerts = "\(TestPrograms.repository)/examples/monitoring/alerts.yaml"
            let rules = try PawlProcess(["check", "rules", alerts], program: program)
            #expect(try rules.exit() == .exited(0), "\(rules.errors.text)")
        }
    }

    @Test("what happened is counted once")
    func counts() async throws {
        try await APIFixture.serve { api in
            let before = Page(try api.get("/metrics").text).samples
            _ = try api.run("name: counted\nsteps:\n  - { id: a, run: exit 3 }\n")
            let after = Page(try api.get("/metrics").text).samples
            func growth(_ name: String) -> Double { (after[name] ?? 0) - (before[name] ?? 0) }
            #expect(growth(#"pawl_run_ends_total{status="failed"}"#) >= 1)
            #expect(growth(#"pawl_attempt_ends_total{status="failed"}"#) >= 1)
            #expect(growth("pawl_attempt_duration_seconds_count") >= 1)
            #expect(growth(#"pawl_run_duration_seconds_bucket{le="+Inf"}"#) >= 1)
            #expect(growth("pawl_commit_duration_seconds_sum") > 0)
            #expect(after["pawl_postgres_up"] == 1)
            #expect(after["pawl_workers"] == 1)
        }
    }

    @Test("alerts and dashboard name only what is served")
    func examples() async throws {
        try await APIFixture.serve { api in
            _ = try api.run(script("named"))
            let served = Set(Page(try api.get("/metrics").text).kinds.keys)
            for file in ["alerts.yaml", "grafana-dashboard.json"] {
                let path = "\(TestPrograms.repository)/examples/monitoring/\(file)"
                let text = String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self)
                for name in text.matches(of: /pawl_[a-z_]+/).map({ String($0.output) }) {
                    let family = name.replacing("_seconds_bucket", with: "_seconds")
                    #expect(served.contains(family), "\(file) names \(name)")
                }
            }
        }
    }
}

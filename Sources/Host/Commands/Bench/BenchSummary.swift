import JSON

/// Every aim of several workloads in one table, or in one JSON object.
struct BenchSummary {
    private var rows: [(workload: String, aim: BenchAim)] = []

    mutating func add(_ figures: BenchFigures) {
        rows += figures.aims.map { (figures.workload, $0) }
    }

    var json: JSONValue {
        let aims = rows.map { row -> JSONValue in
            var object = row.aim.json
            object["workload"] = .string(row.workload)
            return .object(object)
        }
        return ["workload": "all", "aims": .array(aims)]
    }

    func printTable() {
        let titles = ["workload", "figure", "ours", "floor", "peer", "ratio", "aim", ""]
        let table = [titles] + rows.map(cells)
        let widths = titles.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        for row in table {
            let line = zip(row, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
            Output.line(String(line.reversed().drop { $0 == " " }.reversed()))
        }
        let met = rows.count { $0.aim.isMet == true }
        Output.line("\(met) of \(rows.count) aims met")
    }

    private func cells(_ row: (workload: String, aim: BenchAim)) -> [String] {
        let aim = row.aim
        return [
            row.workload, aim.figure, aim.ours.short, aim.floor?.short ?? "-",
            aim.peer.map { "\($0.value.short) \($0.peer)" } ?? "-", aim.ratio?.short ?? "-", aim.bounds,
            aim.verdict,
        ]
    }
}

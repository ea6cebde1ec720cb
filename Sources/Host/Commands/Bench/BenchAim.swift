import JSON

/// What a figure of a workload is to reach, by itself or in proportion to a floor or a peer.
struct BenchAim {
    enum Bound {
        case atLeast(Double)
        case atMost(Double)

        func holds(_ value: Double) -> Bool {
            switch self {
            case .atLeast(let bound): value >= bound
            case .atMost(let bound): value <= bound
            }
        }

        var text: String {
            switch self {
            case .atLeast(let bound): "≥ \(bound.short)"
            case .atMost(let bound): "≤ \(bound.short)"
            }
        }
    }

    /// What the bound is about: the figure, or its ratio to another.
    enum Basis: String { case figure, floor, peer }

    /// The name of the figure, with its unit: `steps_per_s`.
    var figure: String
    var ours: Double
    var bound: Bound
    var basis = Basis.figure
    /// The same figure of what no engine can beat.
    var floor: Double?
    /// The same figure of the best durable peer.
    var peer: BenchPeers.Figure?
    /// Under which circumstances, or where the bound comes from.
    var note: String?

    /// Ours to the floor, or to the peer where the bound is about that; nil where there is neither.
    var ratio: Double? {
        let other = basis == .peer ? peer?.value : floor ?? peer?.value
        guard let other, other > 0 else { return nil }
        return ours / other
    }

    /// Nil where what it is set against was not measured.
    var isMet: Bool? {
        basis == .figure ? bound.holds(ours) : ratio.map(bound.holds)
    }

    var verdict: String {
        switch isMet {
        case true?: "met"
        case false?: "not met"
        case nil: "not measured"
        }
    }

    var bounds: String {
        let proportion = basis == .figure ? "" : " × \(basis.rawValue)"
        return bound.text + proportion + (note.map { ", \($0)" } ?? "")
    }

    var json: JSONObject {
        var object = JSONObject([("aim", .string("\(figure) \(bounds)"))])
        object["met"] = isMet.map { .bool($0) } ?? .null
        object["figure"] = .string(figure)
        object["ours"] = .real(ours)
        object["floor"] = floor.map { .real($0) }
        if let peer {
            object["peer"] = .string(peer.peer)
            object["peer_\(figure)"] = .real(peer.value)
        }
        object["ratio"] = ratio.map { .real($0) }
        return object
    }
}

extension Double {
    /// Three digits that count, as a person would note it.
    var short: String {
        let digits = magnitude >= 100 ? 1.0 : magnitude >= 10 ? 10.0 : 1_000.0
        let rounded = (self * digits).rounded() / digits
        return rounded == rounded.rounded() ? String(Int(rounded)) : rounded.description
    }
}

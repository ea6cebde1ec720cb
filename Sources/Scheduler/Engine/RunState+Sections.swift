/// What few runs have, at the end of the state's text: each part behind its number, or not at all.
extension RunState {
    /// The numbers are stored: they never change.
    private enum Section: Int {
        case signals = 1
        case undoTimes = 2
        case pins = 3
    }

    func writeSections(to writer: inout StateWriter) {
        if !signals.isEmpty {
            writer.integer(Section.signals.rawValue)
            writer.list(signals.keys.sorted()) { name, writer in
                writer.text(name)
                writer.integers(signals[name]?.received ?? 0, signals[name]?.taken ?? 0)
            }
        }
        if !undo.isEmpty {
            writer.integer(Section.undoTimes.rawValue)
            writeUndoTimes(to: &writer)
        }
        if let pins {
            writer.integer(Section.pins.rawValue)
            writer.json(pins.json)
        }
    }

    mutating func readSection(from reader: inout StateReader) throws(StateError) {
        switch try reader.raw(Section.self) {
        case .undoTimes: try readUndoTimes(from: &reader)
        case .pins: pins = try reader.json().map(Pins.init(json:))
        case .signals:
            for _ in 0..<(try reader.count()) {
                let name = try reader.text()
                signals[name] = SignalCount(received: try reader.integer(), taken: try reader.integer())
            }
        }
    }
}

import Linux
import Postgres

extension PostgresStore: AdmissionStore {
    /// How many of a key's line are looked at in one round.
    static let lineLimit = 200
    /// How many keys are locked in one round.
    static let keyLimit = 64

    public func keysInLine() throws(StoreError) -> AdmissionKeys {
        AdmissionKeys(
            slots: Set(try read(AdmissionStatements.slotKeys, []) { try $0.text(0) }),
            rates: Set(try read(AdmissionStatements.rateKeys, []) { try $0.text(0) })
        )
    }

    /// Counts only in statements begun after the keys are locked (decision 12).
    public func admit(_ keys: AdmissionKeys) throws(StoreError) -> AdmissionRound {
        try connect()
        var result: AdmissionRound?
        for part in keys.parts(of: Self.keyLimit) {
            let round = try round(part)
            result = result?.joined(with: round) ?? round
        }
        if let result { return result }
        return AdmissionRound(now: try databaseTime())
    }

    private func round(_ keys: AdmissionKeys) throws(StoreError) -> AdmissionRound {
        try storing(writes: true) {
            try connection.transaction { try AdmissionRound(admitting: keys, over: $0) }
        }
    }

    public func displaced() throws(StoreError) -> [RunID] {
        try read(AdmissionStatements.displaced, []) { RunID(try $0.uuid(0)) }
    }

    public func sweepAdmissions() throws(StoreError) {
        for statement in AdmissionStatements.sweeping { try write(statement, []) }
    }
}

extension AdmissionKeys {
    /// The same keys, so many at once; sorted, for who locks them.
    fileprivate func parts(of size: Int) -> [AdmissionKeys] {
        var parts: [AdmissionKeys] = []
        for start in stride(from: 0, to: slots.count, by: size) {
            parts.append(AdmissionKeys(slots: Set(slots.sorted().dropFirst(start).prefix(size))))
        }
        for start in stride(from: 0, to: rates.count, by: size) {
            parts.append(AdmissionKeys(rates: Set(rates.sorted().dropFirst(start).prefix(size))))
        }
        return parts
    }

    /// The names of the rows that are locked, in the order of locking.
    fileprivate var locks: [String] {
        (slots.map(AdmissionLock.slot) + rates.map(AdmissionLock.rate)).sorted {
            // As the database sorts text of collation "C".
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
    }

    fileprivate func covers(_ admission: Admission) -> Bool {
        (admission.slot.map { slots.contains($0.key) } ?? true)
            && (admission.rate.map { rates.contains($0.key) } ?? true)
    }
}

// MARK: - A round

extension AdmissionRound {
    /// Locks the keys, counts, and admits; inside a transaction.
    fileprivate init(admitting keys: AdmissionKeys, over connection: PostgresConnection) throws {
        var keys = keys
        // Who stands in this line may need keys of the other kind too; all are locked before any is counted.
        for row in try connection.query(AdmissionStatements.partners, Self.lines(keys)) {
            if let slot = try row.optionalText(0) { keys.slots.insert(slot) }
            if let rate = try row.optionalText(1) { keys.rates.insert(rate) }
        }
        try connection.lockAdmission(keys.locks)
        let read = try connection.pipeline([
            PostgresCommand(AdmissionStatements.line, Self.lines(keys)),
            PostgresCommand(AdmissionStatements.slots, [.texts(keys.slots.map { $0 })]),
            PostgresCommand(AdmissionStatements.starts, [.texts(keys.rates.map { $0 })]),
        ])
        let line = try read[0].map(Self.applicant).filter { keys.covers($0.admission) }
        var slots: [String: Set<Int>] = [:]
        for row in read[1] { slots[try row.text(0), default: []].insert(Int(try row.int32(1))) }
        var starts: [String: [AdmissionPlan.Start]] = [:]
        for row in read[2] {
            let start = AdmissionPlan.Start(
                number: Int(try row.int32(1)),
                until: try row.optionalTimestamp(2)
            )
            starts[try row.text(0), default: []].append(start)
        }
        let now = try connection.query(AdmissionStatements.clock).first?.timestamp(0) ?? .now
        self.init(now: now)
        let plan = AdmissionPlan(line, slots: slots, starts: starts, now: now)
        nextStart = plan.nextStart
        isFull = plan.grants.count >= PostgresStore.lineLimit
        guard !plan.grants.isEmpty else { return }
        for row in try connection.query(
            AdmissionStatements.grant,
            AdmissionStatements.grants.values(plan.grants)
        ) {
            if let queue = try row.optionalText(1) {
                queues.insert(queue)
            } else {
                runs.append(RunID(try row.uuid(0)))
            }
        }
    }

    private static func lines(_ keys: AdmissionKeys) -> [PostgresValue] {
        [
            .texts(keys.slots.map { $0 }), .texts(keys.rates.map { $0 }),
            .int64(Int64(PostgresStore.lineLimit)),
        ]
    }

    private static func applicant(_ row: PostgresRow) throws -> AdmissionPlan.Applicant {
        var admission = Admission()
        if let key = try row.optionalText(2) {
            admission.slot = Admission.Slot(key: key, limit: Int(try row.int32(3)))
        }
        if let key = try row.optionalText(4) {
            admission.rate = Admission.Rate(
                key: key,
                limit: Int(try row.int32(5)),
                milliseconds: try row.int64(6)
            )
        }
        return AdmissionPlan.Applicant(
            run: RunID(try row.uuid(0)),
            step: Int(try row.int32(1)),
            admission: admission
        )
    }

    fileprivate func joined(with other: AdmissionRound) -> AdmissionRound {
        var joined = other
        joined.queues.formUnion(queues)
        joined.runs += runs
        joined.nextStart = [nextStart, other.nextStart].compactMap { $0 }.min()
        joined.isFull = isFull || other.isFull
        return joined
    }
}

import Linux

/// What the admitter needs of the store.
public protocol AdmissionStore {
    /// The keys for which somebody stands in line.
    func keysInLine() throws(StoreError) -> AdmissionKeys

    /// Admits, in one transaction, those who stand in line for some of these keys and find room.
    func admit(_ keys: AdmissionKeys) throws(StoreError) -> AdmissionRound

    /// The runs that must make room for others of their key: `on_conflict: replace`.
    func displaced() throws(StoreError) -> [RunID]

    /// Takes back what belongs to steps and runs that are gone; a repair, should anything ever be left.
    func sweepAdmissions() throws(StoreError)
}

/// Concurrency keys and rate keys, which are of different kinds even where they read the same.
public struct AdmissionKeys: Sendable, Hashable {
    public var slots: Set<String>
    public var rates: Set<String>

    public init(slots: Set<String> = [], rates: Set<String> = []) {
        self.slots = slots
        self.rates = rates
    }

    public var isEmpty: Bool { slots.isEmpty && rates.isEmpty }

    mutating func formUnion(_ other: AdmissionKeys) {
        slots.formUnion(other.slots)
        rates.formUnion(other.rates)
    }

    mutating func insert(_ admission: Admission) {
        if let slot = admission.slot { slots.insert(slot.key) }
        if let rate = admission.rate { rates.insert(rate.key) }
    }
}

/// What one round of admission gave.
public struct AdmissionRound: Sendable {
    /// Queues with tasks that are ready now.
    public var queues: Set<String> = []
    /// Runs that have their slot; a timer of theirs says so too.
    public var runs: [RunID] = []
    /// When somebody in line may be admitted under a rate.
    public var nextStart: Timestamp?
    /// More may be admitted at once: the round took as many as fit one.
    public var isFull = false
    /// The database's clock.
    public var now: Timestamp

    public init(now: Timestamp) { self.now = now }
}

extension Transition {
    /// The keys whose lines it changes: somebody may have to be admitted.
    var admissionKeys: AdmissionKeys {
        var keys = AdmissionKeys()
        for application in applications { keys.insert(application.admission) }
        for release in releases { keys.insert(release.admission) }
        return keys
    }
}

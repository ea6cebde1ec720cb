import Linux

/// Who of those in line is admitted now.
///
/// Pure; whoever asks holds the locks of all keys that are in it. Each key serves its line in order of
/// priority and time, and each applicant is judged by the limit that it came with itself.
struct AdmissionPlan {
    struct Applicant: Sendable, Hashable {
        var run: RunID
        /// 0 for the run itself.
        var step: Int
        var admission: Admission
    }

    /// A start under a rate; its number is taken until its time has passed.
    struct Start: Sendable, Hashable {
        var number: Int
        /// Nil while the attempt has not started.
        var until: Timestamp?
    }

    struct Grant: Sendable, Hashable {
        var applicant: Applicant
        /// From 1 to the limit.
        var slot: Int?
        var start: Int?
    }

    private(set) var grants: [Grant] = []
    /// When the next start of a rate is free that somebody waits for.
    private(set) var nextStart: Timestamp?

    private var slots: [String: Set<Int>]
    private var starts: [String: [Int: Timestamp?]]
    /// Keys whose line is held up: nobody overtakes the first of it.
    private var full: Set<String> = []
    private let now: Timestamp

    /// - Parameters:
    ///   - line: In the order in which they are to be served.
    ///   - slots: The numbers that are held, by key.
    ///   - starts: The starts that may still count, by key.
    ///   - now: By the clock that `starts` go by.
    init(_ line: [Applicant], slots: [String: Set<Int>], starts: [String: [Start]], now: Timestamp) {
        self.slots = slots
        self.now = now
        self.starts = starts.mapValues { starts in
            Dictionary(starts.map { ($0.number, $0.until) }) { $1 }
        }
        for applicant in line { admit(applicant) }
    }

    private mutating func admit(_ applicant: Applicant) {
        let (slot, rate) = (applicant.admission.slot, applicant.admission.rate)
        if let slot, full.contains(slot.key) { return }
        var number: Int?
        if let slot {
            number = freeSlot(slot)
            guard number != nil else {
                full.insert(slot.key)
                return
            }
        }
        var start: Int?
        if let rate {
            start = freeStart(rate)
            // Others of the slot's line may go on: the slot is not what is missing.
            guard start != nil else { return }
        }
        if let slot, let number { slots[slot.key, default: []].insert(number) }
        if let rate, let start { starts[rate.key, default: [:]][start] = .some(nil) }
        grants.append(Grant(applicant: applicant, slot: number, start: start))
    }

    private func freeSlot(_ slot: Admission.Slot) -> Int? {
        let held = slots[slot.key] ?? []
        guard held.count < slot.limit else { return nil }
        // Of so many numbers and one more, one at least is free.
        return (1...(held.count + 1)).first { !held.contains($0) }
    }

    private mutating func freeStart(_ rate: Admission.Rate) -> Int? {
        let taken = (starts[rate.key] ?? [:]).filter { entry in entry.value.map { $0 > now } ?? true }
        guard taken.count < rate.limit else {
            if let next = taken.values.compactMap({ $0 }).min() {
                nextStart = min(nextStart ?? next, next)
            }
            return nil
        }
        starts[rate.key] = taken
        return (1...(taken.count + 1)).first { taken[$0] == nil }
    }
}

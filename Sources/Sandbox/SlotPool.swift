/// All slots, and which of them are idle.
struct SlotPool {
    private var slots: [UInt64: Slot] = [:]
    /// The idle ones, the longest idle first.
    private var idle: [Slot] = []

    /// How many idle slots are kept; a process of 60 KB each.
    private static let mostIdle = 32

    subscript(id: UInt64) -> Slot? { slots[id] }

    /// Takes in a new slot, which is not idle yet.
    mutating func welcome(_ slot: Slot) { slots[slot.id] = slot }

    /// Takes the idle slot of a profile that ran most recently.
    mutating func take(_ profile: SlotProfile) -> Slot? {
        guard let index = idle.lastIndex(where: { $0.profile == profile }) else { return nil }
        return idle.remove(at: index)
    }

    /// Makes a slot idle; returns the one that is surplus now, if any.
    mutating func release(_ slot: Slot) -> Slot? {
        idle.append(slot)
        return idle.count > Self.mostIdle ? idle.removeFirst() : nil
    }

    mutating func remove(_ slot: Slot) {
        slots[slot.id] = nil
        idle.removeAll { $0.id == slot.id }
    }

    mutating func takeAll() -> [Slot] {
        defer { self = SlotPool() }
        return Array(slots.values)
    }
}

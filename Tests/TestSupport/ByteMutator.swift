/// Makes inputs that nobody would send out of inputs that somebody does.
public struct ByteMutator {
    private let sources: [[UInt8]]
    private let fragments: [[UInt8]]
    private var random: SeededGenerator
    public var seed: UInt64 { random.seed }

    /// `fragments` are inserted at places that chance tells.
    public init(_ sources: [[UInt8]], fragments: [String], seed: UInt64) {
        self.sources = sources.filter { !$0.isEmpty }
        self.fragments = fragments.map { Array($0.utf8) }
        random = SeededGenerator(seed: seed)
    }

    public mutating func next(limit: Int = 200_000) -> [UInt8] {
        var bytes = pick(sources)
        for _ in 0...number(below: 5) { mutate(&bytes) }
        return Array(bytes.prefix(limit))
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let place = number(below: bytes.count + 1)
        switch number(below: 8) {
        case 0: bytes.removeSubrange(place..<min(bytes.count, place + 1 + number(below: 8)))
        case 1: bytes.insert(contentsOf: pick(fragments), at: place)
        case 2: bytes.insert(contentsOf: part(of: bytes), at: place)
        case 3: bytes.insert(contentsOf: part(of: pick(sources)), at: place)
        case 4: bytes.insert(UInt8(number(below: 256)), at: place)
        case 5: bytes.removeSubrange(place...)
        case 6:
            let repeated = Array(repeating: pick(fragments), count: number(below: 400)).joined()
            bytes.insert(contentsOf: repeated, at: place)
        default: if place < bytes.count { bytes[place] ^= 1 << number(below: 8) }
        }
    }

    private mutating func part(of bytes: [UInt8]) -> [UInt8] {
        let start = number(below: bytes.count + 1)
        return Array(bytes[start..<min(bytes.count, start + number(below: 60))])
    }

    private mutating func pick(_ choices: [[UInt8]]) -> [UInt8] { choices[number(below: choices.count)] }

    private mutating func number(below bound: Int) -> Int {
        Int.random(in: 0..<max(1, bound), using: &random)
    }
}

/// A text that is searched: its UTF-8, and offsets in UTF-16 as the language counts.
final class Subject {
    let bytes: [UInt8]
    private let isASCII: Bool
    /// The last offset that was converted; searching goes forward, so the next is seldom far.
    private var known = (byte: 0, unit: 0)

    init(_ text: String) {
        bytes = Array(text.utf8)
        isASCII = bytes.allSatisfy { $0 < 0x80 }
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The offset in UTF-16 units of a byte.
    func unit(of byte: Int) -> Int {
        guard !isASCII else { return byte }
        if byte < known.byte { known = (0, 0) }
        known.unit += Self.units(bytes[known.byte..<byte])
        known.byte = byte
        return known.unit
    }

    /// The byte at an offset in UTF-16 units; the end for any beyond it.
    func byte(of unit: Int) -> Int {
        guard !isASCII else { return max(0, min(unit, bytes.count)) }
        var rest = unit
        var byte = 0
        while byte < bytes.count, rest > 0 {
            rest -= bytes[byte] >= 0xF0 ? 2 : 1
            byte += 1
            while byte < bytes.count, bytes[byte] & 0xC0 == 0x80 { byte += 1 }
        }
        return byte
    }

    /// The first occurrence of some bytes at or after an offset.
    func firstRange(of wanted: [UInt8], from start: Int = 0) -> Range<Int>? {
        guard !wanted.isEmpty else { return start..<start }
        guard bytes.count >= wanted.count else { return nil }
        var index = start
        while index <= bytes.count - wanted.count {
            if bytes[index] == wanted[0], bytes[index..<index + wanted.count].elementsEqual(wanted) {
                return index..<index + wanted.count
            }
            index += 1
        }
        return nil
    }

    private static func units(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : $1 >= 0xF0 ? 2 : 1) }
    }
}

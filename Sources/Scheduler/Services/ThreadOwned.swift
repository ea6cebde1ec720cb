import Linux

/// Something that one thread makes when it needs it, keeps, and throws away when it broke.
///
/// It is passed into that thread's closure, so it must be Sendable although nobody else touches it.
public final class ThreadOwned<Value>: @unchecked Sendable {
    // @unchecked: used by the one thread whose closure holds it.
    private var value: Value?

    public init() {}

    public func get(_ make: () throws(StoreError) -> Value) throws(StoreError) -> Value {
        if let value { return value }
        let fresh = try make()
        value = fresh
        return fresh
    }

    public func drop() {
        value = nil
    }
}

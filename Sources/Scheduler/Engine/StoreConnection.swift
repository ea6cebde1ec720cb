/// A store that is connected when it is needed, and again after it broke.
struct StoreConnection {
    private let connect: @Sendable () throws(StoreError) -> any Store
    private var store: (any Store)?

    init(connect: @escaping @Sendable () throws(StoreError) -> any Store) {
        self.connect = connect
    }

    mutating func get() throws(StoreError) -> any Store {
        if let store { return store }
        let fresh = try connect()
        store = fresh
        return fresh
    }

    mutating func drop() {
        store = nil
    }
}

extension StoreError {
    var breaksConnection: Bool {
        switch self {
        case .unreachable, .unknownCommit: true
        case .transient, .refused: false
        }
    }
}

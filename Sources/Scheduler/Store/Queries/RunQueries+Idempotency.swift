import Postgres

extension RunQueries {
    /// What became of the request that used an `Idempotency-Key` before; nil when none did.
    public func earlierAnswer(_ claim: IdempotencyClaim) throws(StoreError) -> Answer? {
        try reading {
            switch try IdempotencyKeys.earlier(claim, connection) {
            case .replayed(let answer): .replayed(answer: answer)
            case .keyReused: .keyReused
            default: nil
            }
        }
    }
}

import Postgres

extension PostgresStore {
    public func inputs(of steps: [Int], in run: RunID) throws(StoreError) -> [Int: StepResult] {
        let parameters: [PostgresValue] = [.uuid(run.uuid), .int64s(steps.map { Int64($0) })]
        let rows = try read(Self.liveInputs, parameters) {
            (Int(try $0.int32(0)), StepResult(running: try Payload(stored: try $0.text(1))))
        }
        return Dictionary(rows) { $1 }
    }

    public func items(of scope: Int, from first: Int, in run: RunID) throws(StoreError) -> ItemOutputs {
        let parameters: [PostgresValue] = [
            .uuid(run.uuid), .int64(Int64(first)), .int64(Int64(scope)),
        ]
        let bytes = try read(Self.itemBytes, parameters) { Int(try $0.int64(0)) }.first ?? 0
        // What is too large to be joined is not read at all.
        guard bytes <= ItemOutputs.bytesLimit else { return ItemOutputs(outputs: [:], bytes: bytes) }
        let rows = try read(Self.itemOutputs, parameters) {
            (Int(try $0.int32(0)), try Payload(stored: try $0.text(1)))
        }
        return ItemOutputs(outputs: Dictionary(rows) { $1 }, bytes: bytes)
    }

    private static let liveInputs = PostgresStatement(
        "live_inputs",
        "select step, input from task where run_id = $1 and step = any ($2::int[])"
    )

    private static let itemBytes = PostgresStatement(
        "item_bytes",
        "select coalesce(sum(octet_length(coalesce(output, 'null'))), 0)::bigint from step where \(items)"
    )

    private static let itemOutputs = PostgresStatement(
        "item_outputs",
        "select step, coalesce(output, 'null') from step where \(items)"
    )

    /// A range of the primary key, which for one foreach after the other holds its items and no more.
    private static let items = """
        run_id = $1 and step >= $2::int and scope = $3::int
            and status not in ('compensated', 'compensation_failed')
        """
}

import Linux

/// What the environment says about the long tests.
public enum TestSettings {
    public static func number(_ name: String) -> UInt64? {
        ThisProcess.environment(name).flatMap { UInt64($0) }
    }
}

import Testing

/// Tests that start servers and processes of their own: one after the other, as they are heavy.
@Suite("Processes of their own", .serialized)
enum OwnProcessTests {}

/// Who is told of something, boxed.
///
/// A closure that is read out of a `Locked` leaves a wrapped one behind, each time one layer more: after some
/// ten thousand readings a call of it ran out of stack. In a struct it stays as it is.
struct Observer<Value>: Sendable {
    let tell: @Sendable (Value) -> Void
}

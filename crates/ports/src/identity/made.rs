//! What became of something that was to be made once.

/// What became of a request to make something that has an id or a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made<T> {
    /// It is made.
    Created(T),
    /// The same request has made it before: what it is now.
    Replayed(T),
    /// The idempotency key was used for another request.
    KeyReused,
}

//! A page of what is listed.

/// A page of a listing, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOf<T, N> {
    /// As many as the limit, unless it is the last page.
    pub items: Vec<T>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<N>,
}

impl<T, N> PageOf<T, N> {
    /// A page of what was found: by one more than the limit it is known that there is another.
    pub fn of(mut found: Vec<T>, limit: u16, id: impl FnOnce(&T) -> N) -> Self {
        let more = found.len() > usize::from(limit);
        found.truncate(usize::from(limit));
        let next = found.last().filter(|_| more).map(id);
        Self { items: found, next }
    }
}

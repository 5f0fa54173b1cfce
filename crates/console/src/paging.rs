//! Going through a list page by page, up to a limit.

use std::io::{self, Write};

/// The most items that are read at a time.
const PAGE: u16 = 200;

/// Where in a list one is.
pub(crate) struct Paging<C> {
    left: u32,
    next: Option<C>,
    is_over: bool,
}

impl<C: Copy> Paging<C> {
    /// At the beginning of a list of which so many items are wanted.
    pub(crate) fn up_to(limit: u32) -> Self {
        Self { left: limit, next: None, is_over: limit == 0 }
    }

    /// How many items to read; `None` when all that are wanted have been.
    pub(crate) fn limit(&self) -> Option<u16> {
        let limit = u16::try_from(self.left).map_or(PAGE, |left| left.min(PAGE));
        (!self.is_over).then_some(limit)
    }

    /// Where the next page starts; `None` at the beginning, and when nothing follows.
    pub(crate) fn next(&self) -> Option<C> {
        self.next
    }

    /// Takes note of a page.
    pub(crate) fn took(&mut self, items: usize, next: Option<C>) {
        let items = u32::try_from(items).unwrap_or(u32::MAX);
        self.left = self.left.saturating_sub(items);
        self.next = next;
        self.is_over = self.left == 0 || next.is_none();
    }

    /// Says below a table that it is not all there is.
    pub(crate) fn tell(&self, out: &mut impl Write) -> io::Result<()> {
        match self.next {
            Some(_) => writeln!(out, "\nThere is more: raise --limit."),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_with_the_limit_or_with_the_list() {
        let mut paging = Paging::up_to(450);
        assert_eq!((paging.limit(), paging.next()), (Some(200), None));
        paging.took(200, Some('a'));
        // It goes on where the page says, whatever that page held.
        paging.took(0, Some('b'));
        assert_eq!((paging.limit(), paging.next()), (Some(200), Some('b')));
        paging.took(200, Some('c'));
        assert_eq!(paging.limit(), Some(50));
        paging.took(50, Some('d'));
        assert_eq!((paging.limit(), paging.next()), (None, Some('d')));

        let mut paging = Paging::up_to(450);
        paging.took(3, None::<char>);
        assert_eq!((paging.limit(), paging.next()), (None, None));
    }
}

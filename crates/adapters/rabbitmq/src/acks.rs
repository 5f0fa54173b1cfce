//! Which frames acknowledge a set of deliveries: as few as possible.

use std::collections::BTreeSet;

/// The deliveries of one channel that were handed out and are not acknowledged.
#[derive(Debug, Default)]
pub struct Outstanding(BTreeSet<u64>);

/// What to send: everything up to a tag, and some single ones beyond it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Frames {
    /// All outstanding tags up to this one are acknowledged.
    pub up_to: Option<u64>,
    /// These besides.
    pub single: Vec<u64>,
}

impl Outstanding {
    /// Notes a delivery as it is handed out.
    pub fn add(&mut self, tag: u64) {
        self.0.insert(tag);
    }

    /// Takes tags out and says how to acknowledge them. Those that are not outstanding are
    /// skipped: to acknowledge twice breaks the channel.
    pub fn take(&mut self, tags: impl IntoIterator<Item = u64>) -> Frames {
        let mut acked: BTreeSet<u64> = tags.into_iter().filter(|tag| self.0.remove(tag)).collect();
        // Below the first that stays outstanding, one frame does.
        let rest = self.0.first().map_or_else(BTreeSet::new, |first| acked.split_off(first));
        Frames { up_to: acked.pop_last(), single: rest.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of deliveries 1 to 9, acknowledges `earlier`, then `tags`.
    fn check(earlier: &[u64], tags: &[u64], up_to: Option<u64>, single: &[u64]) {
        let mut outstanding = Outstanding::default();
        (1..=9).for_each(|tag| outstanding.add(tag));
        outstanding.take(earlier.iter().copied());
        let frames = outstanding.take(tags.iter().copied());
        assert_eq!(frames, Frames { up_to, single: single.to_vec() }, "{earlier:?} {tags:?}");
    }

    #[test]
    fn a_complete_prefix_takes_one_frame_and_the_rest_one_each() {
        check(&[], &[1, 2, 3], Some(3), &[]);
        check(&[], &[3, 1, 2], Some(3), &[]);
        check(&[], &[1, 2, 3, 4, 5, 6, 7, 8, 9], Some(9), &[]);
        check(&[], &[1], Some(1), &[]);
        check(&[], &[2, 3], None, &[2, 3]);
        check(&[], &[1, 2, 5, 7], Some(2), &[5, 7]);
        check(&[1, 3], &[2, 4], Some(4), &[]);
        check(&[2], &[4], None, &[4]);
    }

    #[test]
    fn what_is_not_outstanding_is_skipped() {
        check(&[], &[], None, &[]);
        check(&[1, 2], &[1, 2], None, &[]);
        check(&[1, 2], &[2, 3, 77], Some(3), &[]);
        check(&[], &[2, 2], None, &[2]);
    }
}

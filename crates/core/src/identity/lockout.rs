//! How many wrong secrets are looked at: counted before they are, so that many at once are no more.

use crate::Timestamp;
use chrono::TimeDelta;

/// So many wrong ones in a row lock for a while.
const LOCKED_AT: u32 = 5;
/// So many until somebody unlocks.
const LOCKED_FOR_GOOD_AT: u32 = 10;
/// How long a while is.
const WHILE: TimeDelta = TimeDelta::minutes(15);

/// The wrong ones in a row, and what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How many were taken since the last right one, those under way included.
    pub taken: u32,
    /// Until when none is taken.
    pub locked_until: Option<Timestamp>,
}

/// No attempt is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// Until that moment.
    Until(Timestamp),
    /// Until somebody unlocks.
    ForGood,
}

impl Attempts {
    /// Takes one more, before anybody looks whether it is right. The last that is allowed locks at once:
    /// if it is right, that is taken back with the rest.
    ///
    /// # Errors
    /// [`Locked`]; then nobody looks, and nothing is counted.
    pub fn take(&mut self, now: Timestamp) -> Result<(), Locked> {
        if self.taken >= LOCKED_FOR_GOOD_AT {
            return Err(Locked::ForGood);
        }
        if let Some(until) = self.locked_until.filter(|until| now < *until) {
            return Err(Locked::Until(until));
        }
        self.taken = self.taken.saturating_add(1);
        let ends = (self.taken == LOCKED_AT).then(|| now.checked_add_signed(WHILE));
        self.locked_until = ends.flatten();
        Ok(())
    }

    /// One was right, or somebody unlocks.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::at;

    const QUARTER: i64 = 15 * 60;

    fn taken(attempts: &mut Attempts, tries: usize, second: i64) -> usize {
        (0..tries).filter(|_| attempts.take(at(second)).is_ok()).count()
    }

    #[test]
    fn five_wrong_ones_lock_for_a_while_and_ten_for_good() {
        let mut attempts = Attempts::default();
        assert_eq!(taken(&mut attempts, 100, 0), 5);
        assert_eq!(attempts.take(at(1)), Err(Locked::Until(at(QUARTER))));
        assert_eq!(attempts.take(at(QUARTER - 1)), Err(Locked::Until(at(QUARTER))));
        assert_eq!(taken(&mut attempts, 100, QUARTER), 5);
        assert_eq!(attempts.take(at(QUARTER)), Err(Locked::ForGood));
        assert_eq!(attempts.take(at(1_000_000_000)), Err(Locked::ForGood));
        attempts.forget();
        assert_eq!(attempts, Attempts::default());
        assert_eq!(taken(&mut attempts, 100, 0), 5);
    }

    #[test]
    fn what_is_locked_is_counted_no_further() {
        let mut attempts = Attempts::default();
        taken(&mut attempts, 5, 0);
        let locked = attempts;
        assert_eq!(taken(&mut attempts, 100, 0), 0);
        assert_eq!(attempts, locked);
    }

    #[test]
    fn a_right_one_forgets_the_wrong_ones() {
        let mut attempts = Attempts::default();
        for _ in 0..10 {
            assert_eq!(taken(&mut attempts, 5, 0), 5, "the fifth was right");
            attempts.forget();
        }
    }
}

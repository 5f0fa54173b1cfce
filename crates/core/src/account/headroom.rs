//! How much more an account can take before its balance comes to the end of its range.
//!
//! What a provider has moved outside can't be refused afterwards, so there must be room for it
//! before the provider is asked. Between the two no lock is held; instead a reserve is kept. What is
//! decided here (a posting without a provider, a hold, a claim) takes a balance no farther from zero
//! than [`BALANCE_LIMIT_MINOR`]; the rest, up to the end of i64, is left to what a provider has
//! moved already.
//!
//! Why that is enough: let a balance be beyond the limit, and t the last moment at which it was
//! within. A claim that looked at the account after t was refused, and so was whatever is decided
//! here. What was posted after t therefore belongs to claims that had looked by t and were not
//! posted by then: to payments that were in flight at t. As long as these are no more than
//! [`MAX_IN_FLIGHT`], each of at most [`MAX_AMOUNT_MINOR`], the balance stays within i64. It does not
//! matter how old the balance was that a claim looked at, nor that nobody locked it: a payment is in
//! flight from that look on, until it is posted or known to have failed, in PROCESSING and
//! MANUAL_REVIEW.
//!
//! Beyond the bound nothing is lost either: the payment then waits for a person, approved and not
//! posted.

use super::Account;
use thiserror::Error;

/// The most that a payment may be on either side, in minor units of any currency. The operator may
/// set less ([`AmountLimit`]).
pub const MAX_AMOUNT_MINOR: i64 = 999_999_999_999_999;

/// How far from zero a balance may get by what is decided here: half of the range, minor units.
pub const BALANCE_LIMIT_MINOR: i64 = i64::MAX / 2;

/// How many payments of [`MAX_AMOUNT_MINOR`] may be in flight between the same accounts: 4,611. Of
/// smaller ones as many more as they are smaller.
pub const MAX_IN_FLIGHT: i64 = (i64::MAX - BALANCE_LIMIT_MINOR) / MAX_AMOUNT_MINOR;

/// The most that a payment may be on either side, minor units of any currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmountLimit(i64);

/// The limit is not between 1 and [`MAX_AMOUNT_MINOR`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be a whole number from 1 to {MAX_AMOUNT_MINOR}")]
pub struct AmountLimitError;

impl AmountLimit {
    /// A limit of so many minor units.
    ///
    /// # Errors
    /// [`AmountLimitError`].
    pub fn new(minor: i64) -> Result<Self, AmountLimitError> {
        match (1..=MAX_AMOUNT_MINOR).contains(&minor) {
            true => Ok(Self(minor)),
            false => Err(AmountLimitError),
        }
    }

    /// Whether so much may be moved at once.
    #[must_use]
    pub fn allows(self, minor: i64) -> bool {
        minor <= self.0
    }
}

impl Default for AmountLimit {
    /// The highest there is.
    fn default() -> Self {
        Self(MAX_AMOUNT_MINOR)
    }
}

impl Account {
    /// How much more the account can take, minor units: of what arrives if `arriving`, otherwise of
    /// what leaves. Negative when it is beyond the limit already. What is held has as good as left,
    /// and arrives nowhere before it is posted.
    #[must_use]
    pub fn room_minor(&self, arriving: bool) -> i64 {
        match arriving {
            true => BALANCE_LIMIT_MINOR.saturating_sub(self.posted_minor),
            false => BALANCE_LIMIT_MINOR
                .saturating_add(self.posted_minor)
                .saturating_sub(self.held_minor),
        }
    }

    /// Whether the account can take so much more, minor units: positive what arrives, negative what
    /// leaves.
    #[must_use]
    pub fn has_room_for(&self, minor: i64) -> bool {
        minor.checked_abs().is_some_and(|much| much <= self.room_minor(minor > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use crate::id::AccountId;
    use proptest::prelude::*;
    use uuid::Uuid;

    const LIMIT: i64 = BALANCE_LIMIT_MINOR;

    fn with(posted_minor: i64, held_minor: i64) -> Account {
        let account = fixtures::account(AccountId(Uuid::from_u128(1)), "USD");
        Account { posted_minor, held_minor, ..account }
    }

    #[test]
    fn there_is_room_up_to_the_limit_on_either_side() {
        for (posted, held, minor, expected) in [
            (0, 0, LIMIT, true),
            (0, 0, LIMIT + 1, false),
            (0, 0, i64::MAX, false),
            (0, 0, -LIMIT, true),
            (0, 0, -LIMIT - 1, false),
            (0, 0, i64::MIN, false),
            (LIMIT - 1, 0, 1, true),
            (LIMIT - 1, 0, 2, false),
            (LIMIT, 0, 1, false),
            // What lies beyond may only come back.
            (i64::MAX, 0, 1, false),
            (i64::MAX, 0, -1, true),
            (i64::MIN, 0, -1, false),
            (i64::MIN, 0, 1, true),
            (-LIMIT, 0, -1, false),
            (-LIMIT, 0, 1, true),
            // What is held will leave, and makes no room for what arrives.
            (10 - LIMIT, 9, -1, true),
            (10 - LIMIT, 9, -2, false),
            (LIMIT, 5, 5, false),
        ] {
            let case = format!("{minor} to {posted}, of which {held} is held");
            assert_eq!(with(posted, held).has_room_for(minor), expected, "{case}");
        }
    }

    #[test]
    fn a_limit_is_one_that_the_reserve_was_made_for() {
        for (minor, expected) in [
            (i64::MIN, false),
            (0, false),
            (1, true),
            (MAX_AMOUNT_MINOR, true),
            (MAX_AMOUNT_MINOR + 1, false),
            (i64::MAX, false),
        ] {
            assert_eq!(AmountLimit::new(minor).is_ok(), expected, "{minor}");
        }
        let limit = AmountLimit::new(100).unwrap();
        assert!(limit.allows(100) && !limit.allows(101));
        assert!(AmountLimit::default().allows(MAX_AMOUNT_MINOR));
    }

    #[test]
    fn the_reserve_takes_what_may_be_in_flight() {
        assert_eq!(MAX_IN_FLIGHT, 4_611);
        let worst = i128::from(LIMIT) + i128::from(MAX_IN_FLIGHT) * i128::from(MAX_AMOUNT_MINOR);
        assert!(worst <= i128::from(i64::MAX));
    }

    /// What happens to an account that charges arrive at.
    #[derive(Clone, Debug)]
    enum Event {
        /// A claim looks at the balance, and is made if there is room.
        Claim(i64),
        /// One of those in flight is posted.
        Post(prop::sample::Index),
        /// So much arrives by what is decided here.
        Own(i64),
    }

    fn event() -> impl Strategy<Value = Event> {
        let large = MAX_AMOUNT_MINOR / 2..=MAX_AMOUNT_MINOR;
        prop_oneof![
            3 => large.prop_map(Event::Claim),
            3 => any::<prop::sample::Index>().prop_map(Event::Post),
            1 => (1..=MAX_AMOUNT_MINOR).prop_map(Event::Own),
        ]
    }

    proptest! {
        /// What the module promises, near the limit and with about as many in flight as there may be.
        #[test]
        fn what_a_provider_has_moved_always_finds_room(
            below in 0..20 * MAX_AMOUNT_MINOR,
            free in 0..50i64,
            events in prop::collection::vec(event(), 0..400),
        ) {
            let most = usize::try_from(MAX_IN_FLIGHT).unwrap();
            let mut in_flight = vec![MAX_AMOUNT_MINOR; most - usize::try_from(free).unwrap()];
            let mut posted = LIMIT - below;
            for event in events {
                match event {
                    Event::Claim(minor) if in_flight.len() < most => {
                        if with(posted, 0).has_room_for(minor) {
                            in_flight.push(minor);
                        }
                    }
                    Event::Post(index) if !in_flight.is_empty() => {
                        let minor = in_flight.swap_remove(index.index(in_flight.len()));
                        posted = posted.checked_add(minor).unwrap();
                    }
                    Event::Own(minor) if with(posted, 0).has_room_for(minor) => posted += minor,
                    Event::Claim(_) | Event::Post(_) | Event::Own(_) => {}
                }
            }
            let all = in_flight.into_iter().try_fold(posted, i64::checked_add);
            prop_assert!(all.is_some(), "what is in flight finds no room");
        }
    }
}

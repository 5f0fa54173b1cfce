//! A charge under random claims, answers, delays and clocks that go back: it is posted at most
//! once, never against a provider's refusal, and never stuck where nobody looks.

use paygate_core::Timestamp;
use paygate_core::account::{Account, AccountNumber, Role, SystemAccount};
use paygate_core::book::Book;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::Payment;
use paygate_core::provider::{ClaimPolicy, Decline, Verdict, claim, settle};
use paygate_core::status::Status;
use proptest::prelude::*;
use uuid::Uuid;

const ID: PaymentId = PaymentId(Uuid::from_u128(1));
const SOURCE: AccountId = AccountId(Uuid::from_u128(1));
const DESTINATION: AccountId = AccountId(Uuid::from_u128(2));

/// What happens next. Answers name how many attempts ago their call was made.
#[derive(Clone, Debug)]
enum Event {
    /// The clock moves, mostly forward.
    Time(i64),
    /// A hint arrives.
    Hint,
    /// A provider call of so many attempts ago ends, with an answer that can be relied on or not.
    Answer { ago: i32, definitive: bool },
    /// A claim comes too late for its call.
    TooLate { ago: i32 },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (-20..60i64).prop_map(Event::Time),
        4 => Just(Event::Hint),
        3 => (0..3i32, prop::bool::weighted(0.2))
            .prop_map(|(ago, definitive)| Event::Answer { ago, definitive }),
        1 => (0..3i32).prop_map(|ago| Event::TooLate { ago }),
    ]
}

fn account(id: AccountId, overdraft: bool) -> Account {
    Account {
        id,
        number: AccountNumber::from_random(7),
        currency: Currency::parse("USD").unwrap(),
        role: Role::System(SystemAccount::Acquirer),
        overdraft,
        closed: false,
        posted_minor: 0,
        held_minor: 0,
        last_seq: 0,
        last_entry_at: None,
    }
}

fn at(seconds: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

/// The rows between transactions, and what was ever done to them.
struct World {
    seconds: i64,
    payment: Payment,
    accounts: [Account; 2],
    entries: usize,
}

impl World {
    fn new() -> Self {
        let amount = Money { minor: 1_000, currency: Currency::parse("USD").unwrap() };
        let payment = Payment {
            id: ID,
            kind: Kind::Charge,
            amount,
            debit: amount,
            credit: amount,
            source: SOURCE,
            destination: DESTINATION,
            parent: None,
            hold: false,
            status: Status::Pending,
            failure: None,
            captured_minor: None,
            refunded_minor: 0,
            refunding_minor: 0,
            expires_at: None,
            attempts: 0,
            lease_until: None,
            parked: false,
            transitions: 0,
            created_at: at(0),
            updated_at: at(0),
        };
        let accounts = [account(SOURCE, true), account(DESTINATION, false)];
        Self { seconds: 0, payment, accounts, entries: 0 }
    }

    /// One transaction, and what must be true of any.
    fn transact(&mut self, decide: impl FnOnce(&mut Book)) {
        let before = self.payment.clone();
        let mut book = Book::new(at(self.seconds), vec![before.clone()], self.accounts.to_vec());
        decide(&mut book);
        self.payment = book.payment(ID).unwrap().clone();
        self.accounts = [SOURCE, DESTINATION].map(|id| book.account(id).unwrap().clone());
        let changes = book.into_changes();
        self.entries += changes.entries.len();
        assert!(!before.status.is_terminal() || changes.is_empty(), "{before:?} has changed");
        let waits = self.payment.lease_until.is_some();
        assert_eq!(waits, self.payment.status == Status::Processing, "{:?}", self.payment);
        assert_eq!(self.entries, usize::from(self.payment.status == Status::Success));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_charge_ends_at_most_once_and_as_the_provider_said(
        approves in any::<bool>(), events in prop::collection::vec(event(), 0..60)
    ) {
        let policy = ClaimPolicy::default();
        let mut world = World::new();
        let mut answered = false;
        for event in events {
            let attempt = |ago: i32| world.payment.attempts - ago;
            match event {
                Event::Time(by) => world.seconds += by,
                Event::Hint => {
                    let live = world.payment.lease_until.is_some_and(|until| until > at(world.seconds));
                    let attempts = world.payment.attempts;
                    world.transact(|book| claim(book, ID, &policy).unwrap());
                    prop_assert!(!live || world.payment.attempts == attempts, "claimed twice");
                }
                Event::Answer { ago, definitive } if attempt(ago) > 0 => {
                    let verdict = match (definitive, approves) {
                        (true, true) => Verdict::Approved,
                        (true, false) => Verdict::Declined(Decline::Generic),
                        (false, _) => Verdict::Unknown,
                    };
                    answered |= definitive;
                    let attempt = attempt(ago);
                    world.transact(|book| settle(book, ID, attempt, verdict, &policy).unwrap());
                    let end = if approves { Status::Success } else { Status::Failed };
                    prop_assert!(!definitive || world.payment.status == end);
                }
                Event::TooLate { ago } if attempt(ago) > 0 => {
                    let attempt = attempt(ago);
                    let not_asked = Verdict::NotAsked { lease_until: world.payment.lease_until };
                    world.transact(|book| settle(book, ID, attempt, not_asked, &policy).unwrap());
                }
                Event::Answer { .. } | Event::TooLate { .. } => {}
            }
            prop_assert!(world.payment.attempts <= policy.max_attempts * 2);
            prop_assert_eq!(world.payment.status.is_terminal(), answered);
        }
        let [source, destination] = &world.accounts;
        let moved = if answered && approves { 1_000 } else { 0 };
        prop_assert_eq!((source.posted_minor, destination.posted_minor), (-moved, moved));
    }

    #[test]
    fn a_charge_that_nobody_answers_for_comes_to_a_person(crashes in prop::collection::vec(any::<bool>(), 10)) {
        let policy = ClaimPolicy::default();
        let mut world = World::new();
        for crash in crashes {
            world.seconds += 60;
            world.transact(|book| claim(book, ID, &policy).unwrap());
            let attempt = world.payment.attempts;
            if !crash {
                world.transact(|book| settle(book, ID, attempt, Verdict::Unknown, &policy).unwrap());
            }
        }
        world.seconds += 60;
        world.transact(|book| claim(book, ID, &policy).unwrap());
        prop_assert_eq!(world.payment.status, Status::ManualReview);
    }
}

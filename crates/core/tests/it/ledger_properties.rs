//! Whatever clients, workers, providers and clocks do, nothing is poison and the proof holds.

use crate::ledger::{CODES, Ledger, PATIENCE, at, currency, proved};
use paygate_core::account::{Role, SystemAccount};
use paygate_core::hold::{HoldError, capture, void};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::Actor;
use paygate_core::kind::Kind;
use paygate_core::money::Money;
use paygate_core::proof::{Check, Scope};
use paygate_core::provider::Verdict;
use paygate_core::status::Status;
use proptest::prelude::*;

/// What happens next. Payments and wallets are named by a place in what there is.
#[derive(Clone, Debug)]
enum Event {
    Time(i64),
    Arrive { wallet: usize, minor: i64, opening: bool },
    Charge { code: usize, minor: i64 },
    Transfer { wallets: (usize, usize), minor: i64, code: usize, hold: bool },
    Refund { of: usize, minor: i64 },
    Work(usize),
    Answer(usize, Verdict),
    Capture(usize, Option<i64>),
    Void(usize),
    Close(usize),
}

fn event() -> impl Strategy<Value = Event> {
    use Event::*;
    let minor = || prop_oneof![3 => 1..400i64, 1 => 1..100_000i64, 1 => Just(i64::MAX)];
    let verdict = prop_oneof![
        3 => Just(Verdict::Approved),
        1 => Just(Verdict::Declined(paygate_core::provider::Decline::Generic)),
        2 => Just(Verdict::Unknown),
    ];
    let any_one = || 0..1_000usize;
    prop_oneof![
        3 => (-60..200i64).prop_map(Time),
        1 => Just(Time(8 * 24 * 3_600)),
        2 => (any_one(), minor(), any::<bool>())
            .prop_map(|(wallet, minor, opening)| Arrive { wallet, minor, opening }),
        3 => (0..3usize, minor()).prop_map(|(code, minor)| Charge { code, minor }),
        6 => ((any_one(), any_one()), minor(), 0..3usize, any::<bool>())
            .prop_map(|(wallets, minor, code, hold)| Transfer { wallets, minor, code, hold }),
        4 => (any_one(), minor()).prop_map(|(of, minor)| Refund { of, minor }),
        14 => any_one().prop_map(Work),
        6 => (any_one(), verdict).prop_map(|(id, verdict)| Answer(id, verdict)),
        3 => (any_one(), prop::option::of(minor())).prop_map(|(id, part)| Capture(id, part)),
        1 => any_one().prop_map(Void),
        1 => any_one().prop_map(Close),
    ]
}

struct World {
    ledger: Ledger,
    wallets: Vec<AccountId>,
}

impl World {
    /// Two wallets a currency with something in each.
    fn new() -> Self {
        let mut ledger = Ledger::new();
        let wallets: Vec<_> = [0, 1, 2, 0, 1, 2].map(|code| ledger.wallet(CODES[code])).to_vec();
        let mut world = Self { ledger, wallets };
        for wallet in 0..6 {
            world.happen(Event::Arrive { wallet, minor: 1_000, opening: true });
            world.happen(Event::Work(wallet));
        }
        world
    }

    /// A payment, one of the last more often than one long ago.
    fn payment(&self, place: usize) -> Option<PaymentId> {
        let count = self.ledger.payments.len();
        let place = if place.is_multiple_of(2) { place % 6 } else { place };
        self.ledger.payments.keys().rev().nth(place.checked_rem(count)?).copied()
    }

    fn wallet(&self, place: usize) -> AccountId {
        self.wallets[place % self.wallets.len()]
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Time(by) => self.ledger.seconds += by,
            Event::Arrive { wallet, minor, opening } => {
                let wallet = self.wallet(wallet);
                let currency = self.ledger.accounts[&wallet].currency;
                let (kind, from) = match opening {
                    true => (Kind::Opening, SystemAccount::OpeningEquity),
                    false => (Kind::Deposit, SystemAccount::Bank),
                };
                let sides = (self.ledger.system(from, currency), wallet);
                self.ledger.accept(kind, Money { minor, currency }, sides, false);
            }
            Event::Charge { code, minor } => {
                let currency = currency(CODES[code]);
                let merchant = Role::Merchant(crate::ledger::merchant());
                let merchant = self.ledger.account_of(&merchant, currency);
                let sides = (self.ledger.system(SystemAccount::Acquirer, currency), merchant);
                self.ledger.accept(Kind::Charge, Money { minor, currency }, sides, false);
            }
            Event::Transfer { wallets: (from, to), minor, code, hold } => {
                let (from, to) = (self.wallet(from), self.wallet(to));
                let amount = Money { minor, currency: currency(CODES[code]) };
                if from != to {
                    self.ledger.accept(Kind::Transfer, amount, (from, to), hold);
                }
            }
            Event::Refund { of, minor } => {
                let Some(id) = self.payment(of) else { return };
                if self.ledger.payments[&id].payment.kind != Kind::Refund {
                    self.ledger.accept_refund(id, minor);
                }
            }
            Event::Work(place) => _ = self.payment(place).map(|id| self.ledger.work(id)),
            Event::Answer(place, verdict) => self.answer(place, verdict),
            Event::Capture(place, part) => {
                let Some(id) = self.payment(place) else { return };
                let answer = self.ledger.transact(|book| capture(book, id, part, &Actor::Operator));
                let captured = self.ledger.payments[&id].payment.captured_minor;
                assert!(
                    answer.is_err()
                        || captured.is_some() && part.is_none_or(|it| captured == Some(it))
                );
            }
            Event::Void(place) => {
                let Some(id) = self.payment(place) else { return };
                let answer = self.ledger.transact(|book| void(book, id, &Actor::Operator));
                let status = self.ledger.status(id);
                assert_eq!(answer.is_ok(), status == Status::Voided);
                assert!(!matches!(answer, Err(HoldError::Rejected(_))), "{answer:?}");
            }
            Event::Close(place) => {
                let wallet = self.wallet(place);
                let account = self.ledger.accounts.get_mut(&wallet).unwrap();
                account.closed |= account.closable().is_ok();
            }
        }
    }

    /// A provider answers what it was asked.
    fn answer(&mut self, place: usize, verdict: Verdict) {
        let Some(id) = self.payment(place) else { return };
        let kind = self.ledger.payments[&id].payment.kind;
        let asked = matches!(self.ledger.status(id), Status::Processing | Status::ManualReview);
        if asked && matches!(kind, Kind::Charge | Kind::Refund) {
            self.ledger.answer(id, verdict);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_the_proof_holds(events in prop::collection::vec(event(), 0..120)) {
        let mut world = World::new();
        for event in events {
            world.happen(event);
        }
        // A clock may go back, an entry's time does not.
        let ledger = &world.ledger;
        let now = ledger.seconds;
        let whole = |facts| {
            let (summary, mut violations) = proved(Scope::Whole, facts);
            violations.retain(|violation| violation.check != Check::Overdue.as_str());
            (summary, violations)
        };
        let (summary, violations) = whole(ledger.facts(Scope::Whole));
        prop_assert_eq!(violations, []);
        prop_assert_eq!(summary.payments, ledger.payments.len() as u64);
        prop_assert!(summary.totals.iter().all(|totals| totals.sum == 0));
        for since in [now - 400, now - 60, now, now + 1] {
            let scope = Scope::Since(at(since));
            let (_, violations) = proved(scope, ledger.facts(scope));
            prop_assert_eq!(violations, []);
        }
    }

    #[test]
    fn whatever_waits_is_decided_when_workers_come(events in prop::collection::vec(event(), 0..60)) {
        let mut world = World::new();
        for event in events {
            world.happen(event);
        }
        world.ledger.seconds += PATIENCE.num_seconds() + 8 * 24 * 3_600;
        for _ in 0..12 {
            world.ledger.seconds += 60;
            for id in world.ledger.payments.keys().copied().collect::<Vec<_>>() {
                world.ledger.work(id);
            }
        }
        let (_, violations) = proved(Scope::Whole, world.ledger.facts(Scope::Whole));
        prop_assert_eq!(violations, []);
        let due = world.ledger.payments.values().filter(|record| record.payment.status.is_due());
        // What was authorized within this loop may wait for its capture.
        prop_assert_eq!(due.filter(|it| it.payment.status != Status::Authorized).count(), 0);
    }
}
